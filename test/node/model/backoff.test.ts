import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoff } from '../../../src/model/replay-state.ts';

const bounds = fc
  .record({ minDelay: fc.integer({ min: 1, max: 10_000 }), more: fc.nat(1_000_000) })
  .map(({ minDelay, more }) => ({ minDelay, maxDelay: minDelay + more }));
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('R25 waits between minDelay and the smaller of maxDelay and minDelay doubled per failure', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), bounds, random, (failures, { minDelay, maxDelay }, chance) => {
      const delay = backoff(failures, { minDelay, maxDelay }, chance);
      const most = Math.min(maxDelay, minDelay * 2 ** failures);
      expect(delay).toBeGreaterThanOrEqual(minDelay);
      expect(delay).toBeLessThanOrEqual(most);
      expect(delay).toBeCloseTo(minDelay + chance * (most - minDelay), 3);
    }),
    { numRuns: 1_000 },
  );
});

it('R25 grows with every failure until it reaches the bound, whatever the chance', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), bounds, random, (failures, given, chance) => {
      expect(backoff(failures + 1, given, chance)).toBeGreaterThanOrEqual(backoff(failures, given, chance));
    }),
    { numRuns: 1_000 },
  );
});

it('R25 doubles from the first failure on', () => {
  const most = (failures: number) => backoff(failures, { minDelay: 1_000, maxDelay: 60_000 }, 1);
  expect([1, 2, 3, 4, 5, 6, 7].map(most)).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
});
