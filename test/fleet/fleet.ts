import { type Outcome, outcomeOf } from '../../src/api/outcome.ts';
import { createEnvironment } from '../../src/environment.ts';
import type { FrozenBatch } from '../../src/model/lead-record.ts';
import type { ReplayState } from '../../src/model/replay-state.ts';
import { createDrain } from '../../src/replay/drain.ts';
import { createSeededRandom } from '../../src/testing/seeded-random.ts';
import { aLead, leadId } from '../builders/a-lead.ts';
import { createTimeline, type Timeline } from './timeline.ts';

export interface FleetOptions {
  readonly devices: number;
  /** Requests each device has to send, each of another lead. */
  readonly requests: number;
  /** Requests a second that the server can serve; what is more gets 429. */
  readonly capacity: number;
  /** What it says to those, in seconds. */
  readonly retryAfter: number;
  /** false: every device waits exactly as long as it must, and looks at no header. */
  readonly isSpread: boolean;
}

export interface FleetRun {
  /** Requests that arrived in each second. */
  readonly arrivals: readonly number[];
  /** Milliseconds until every device had sent everything. */
  readonly drainedAt: number;
}

const origin = Date.UTC(2025, 0, 15, 12);
const latency = 50;

/**
 * Devices that come back at the same moment after an outage, each with the drain and the waiting of the library, on one
 * server and one timeline; only the database is missing: each holds its batches in memory.
 */
export async function runFleet(options: FleetOptions): Promise<FleetRun> {
  const timeline = createTimeline(origin);
  const arrivals: number[] = [];
  let left = options.devices * options.requests;

  const serve = (): Response => {
    const second = Math.floor((timeline.now() - origin) / 1_000);
    arrivals[second] = (arrivals[second] ?? 0) + 1;
    if ((arrivals[second] ?? 0) > options.capacity) {
      return new Response('{}', { status: 429, headers: { 'Retry-After': `${options.retryAfter}` } });
    }
    left -= 1;
    return new Response(null, { status: 200 });
  };

  for (let index = 0; index < options.devices; index += 1) startDevice(index, options, timeline, serve);
  await timeline.runUntil(() => left === 0);
  return { arrivals: Array.from(arrivals, (count) => count ?? 0), drainedAt: timeline.now() - origin };
}

function startDevice(index: number, options: FleetOptions, timeline: Timeline, serve: () => Response): void {
  const random = options.isSpread ? createSeededRandom(index + 1) : () => 0;
  const clock = { now: timeline.now, setTimeout: timeline.after, clearTimeout: timeline.cancel };
  const connectivity = { onLine: () => true, subscribe: () => () => {} };
  const environment = createEnvironment({ clock, random, connectivity });
  const waiting = new Map(Array.from({ length: options.requests }, (_, n) => [leadId(n), aBatch(leadId(n))]));
  const frozen = new Set<string>();
  let state: ReplayState = { leads: {} };
  let timer: unknown;

  const answer = ({ leadId: id }: { readonly leadId: string }) => {
    const response = serve();
    const text = response.ok ? JSON.stringify({ data: aLead({ id }) }) : '{}';
    const { wait, ...outcome } = outcomeOf({ response, text }, { leadId: id, reserve: 0.05, now: timeline.now() });
    return (options.isSpread ? { ...outcome, wait } : outcome) as Outcome; // the same, with or without its wait
  };

  const drain = createDrain({
    ...{ environment, concurrency: 1, timeout: 30_000, retry: { minDelay: 1_000, maxDelay: 60_000 } },
    ...{
      now: timeline.now,
      report: () => {},
      isStopped: () => false,
      isRevoked: () => false,
      mayChooseAhead: () => false,
    },
    async takeTurn({ answers, want, mayBeSent }) {
      for (const { leadId: id } of answers) waiting.delete(id);
      frozen.clear();
      const batches = [...waiting.values()].filter(({ leadId: id }) => mayBeSent(id)).slice(0, want);
      const arrivesUntil = timeline.now() + 35_000;
      const sent = batches.map((batch) => ({ ...batch, arrivesUntil }));
      return {
        chosenAt: timeline.now(),
        settled: [],
        parkedUnsent: [],
        batches: sent,
        changed: [],
        sending: [],
        looks: [],
        fencedUntil: [],
      };
    },
    send: (batch) => new Promise((resolve) => timeline.after(() => resolve(answer(batch)), latency)),
    look: () => Promise.reject(new Error('Nothing is compared here.')),
    schedule(until) {
      timeline.cancel(timer);
      if (until !== undefined) timer = timeline.after(run, until - timeline.now());
    },
  });
  const run = async () => {
    state = (await drain.run(state)).state;
  };
  timeline.after(run, 0);
}

function aBatch(id: string): FrozenBatch {
  return { id: `batch-${id}`, leadId: id, seqs: [1], body: '{"properties":{"a":1}}', arrivesUntil: 0 };
}
