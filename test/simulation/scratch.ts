import './own-platform.ts';
import * as library from '../../src/index.ts';
import { simulate } from './simulate.ts';
const [from, count] = process.argv.slice(2).map(Number) as [number, number];
const at = Date.now();
let steps = 0;
const by: Record<string, number> = {};
for (let seed = from; seed < from + count; seed++) {
  const life = await simulate(seed, library);
  steps += life.device.scheduler.steps;
  if (life.broken) {
    by[life.broken.invariant] = (by[life.broken.invariant] ?? 0) + 1;
    console.log(seed, life.broken.invariant, life.broken.message.slice(0, 600));
    if (count === 1) console.log(life.trace.filter((t) => t.includes(' ')).slice(-Number(process.argv[4] ?? 60)).join('\n'), life.mix);
  }
}
console.log(by, 'steps/seed', steps / count, 'seeds/s', (count / (Date.now() - at)) * 1000);
