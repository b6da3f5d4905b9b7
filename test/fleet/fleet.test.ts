import { expect, it } from 'vitest';
import { type FleetRun, runFleet } from './fleet.ts';

// FLEET=1 prints the requests over time, also of devices that do not spread and obey no wait.

const fleet = { devices: 10_000, requests: 1, capacity: 200, retryAfter: 60 };

it('R26 ten thousand devices that come back at once drain without a second peak, in two requests each', async () => {
  const spread = await runFleet({ ...fleet, isSpread: true });
  expect(afterFirst(spread).peak).toBeLessThanOrEqual(1.2);
  expect(requestsOf(spread)).toBeLessThanOrEqual(20_000);
  if (!process.env.FLEET) return;
  const together = await runFleet({ ...fleet, isSpread: false });
  console.log(`with spread and waits\n${table(spread)}\nwithout\n${table(together)}`);
}, 120_000);

function requestsOf({ arrivals }: FleetRun): number {
  return arrivals.reduce((sum, count) => sum + count, 0);
}

const binSeconds = 5;

/** What follows the first burst: requests per bin while there are any, and the highest as a multiple of their mean. */
function afterFirst({ arrivals }: FleetRun) {
  const bins: number[] = [];
  for (let second = 1; second < arrivals.length; second += binSeconds) {
    bins.push(arrivals.slice(second, second + binSeconds).reduce((sum, count) => sum + count, 0));
  }
  const begun = bins.slice(bins.findIndex((count) => count > 0));
  const mean = begun.reduce((sum, count) => sum + count, 0) / begun.length;
  return { mean, peak: Math.max(...begun) / mean };
}

function table(run: FleetRun): string {
  const { mean, peak } = afterFirst(run);
  const rows = run.arrivals.flatMap((_, second) =>
    second % 10
      ? []
      : `${second}-${second + 9} s: ${run.arrivals.slice(second, second + 10).reduce((a, b) => a + b, 0)}`,
  );
  return `${rows.join('\n')}\nrequests ${requestsOf(run)}, mean after the first ${(mean / binSeconds).toFixed(0)}/s, peak ${peak.toFixed(2)} × mean, drained after ${run.drainedAt / 1_000} s`;
}
