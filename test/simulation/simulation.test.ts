import './own-platform.ts';
import { expect, it } from 'vitest';
import { failure } from './failure.ts';
import { regressions } from './regressions.ts';
import { simulate } from './simulate.ts';
import * as library from './the-library.ts';

// SEED=123 lives that life only, SEEDS=2000 so many.
const { SEED, SEEDS = '500' } = process.env;
const promise = 'whatever happens to a device, no edit is lost, doubled, overtaken or shown older than it was';
const seeds = SEED === undefined ? Array.from({ length: Number(SEEDS) }, (_, index) => index + 1) : [Number(SEED)];

it(`R1 R15 R16 R17 R23 R25 R40 R46 ${promise} (seeds ${seeds[0]} to ${seeds.at(-1)})`, async () => {
  for (const seed of seeds) expect(failure(await simulate(seed, library))).toBeUndefined();
}, 3_600_000);

if (SEED === undefined) {
  it.each(regressions)(`${promise} (seed $seed: $was)`, async ({ seed }) => {
    expect(failure(await simulate(seed, library))).toBeUndefined();
  });

  it('lives the same life from the same seed', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const [first, second] = [await simulate(seed, library), await simulate(seed, library)];
      const place = first.trace.findIndex((entry, index) => entry !== second.trace[index]);
      expect([seed, place, first.trace[place], second.trace[place]]).toEqual([seed, -1, undefined, undefined]);
      expect(second.trace.length).toBe(first.trace.length);
    }
  }, 120_000);
}
