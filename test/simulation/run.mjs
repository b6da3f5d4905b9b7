// SEEDS=100000 npm run simulate: that many lives, from seed FIRST (default 1) on, on all cores. Prints every seed that
// fails, and ends with an exit code.
import { fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { SEEDS = '10000', FIRST = '1', CORES = String(availableParallelism()) } = process.env;
const [count, first, cores] = [SEEDS, FIRST, CORES].map(Number);
const root = fileURLToPath(new URL('../..', import.meta.url));
// Beside the packages, so that it finds them; each run its own, whatever changes or runs beside it.
const outfile = `${root}node_modules/.cache/leadbox-simulation/live-many-${process.pid}.mjs`;
await build({
  ...{ absWorkingDir: root, entryPoints: ['test/simulation/live-many.ts'], outfile, bundle: true },
  ...{ format: 'esm', platform: 'node', packages: 'external', sourcemap: 'inline' },
});

const startedAt = Date.now();
let lived = 0;
const failed = [];
const say = () => {
  const perSecond = (lived / (Date.now() - startedAt)) * 1_000;
  console.log(`${lived} of ${count} lives, ${failed.length} failed, ${perSecond.toFixed(1)} a second`);
};
const progress = setInterval(say, 30_000);

/** So many lives end a process: what they leave behind slows it down. */
const portion = 2_000;

/** A process that lives some seeds. */
const live = (from, end) =>
  new Promise((resolve) => {
    const options = {
      execArgv: [
        // Most of a life is garbage soon: a large young generation halves the time that it costs.
        ...['--max-semi-space-size=64', '--enable-source-maps'],
        // Before Dexie is loaded, which would tell other processes of every commit.
        ...['--import', 'data:text/javascript,Reflect.deleteProperty(globalThis, "BroadcastChannel")'],
      ],
    };
    const child = fork(outfile, [from, end].map(String), options);
    child.on('message', ({ seed, failed: how }) => {
      lived++;
      if (how === undefined) return;
      failed.push(seed);
      console.log(how);
    });
    child.on('exit', (code) => resolve(code === 0));
  });
let next = first;
const ends = [];
const work = async () => {
  while (next < first + count) {
    const from = next;
    next = Math.min(from + portion, first + count);
    ends.push(await live(from, next));
  }
};
await Promise.all(Array.from({ length: cores }, work));
clearInterval(progress);
await rm(outfile);
say();
if (failed.length) console.log(`Failed: ${failed.join(', ')}`);
process.exitCode = failed.length || lived < count || ends.includes(false) ? 1 : 0;
