import type { Outcome } from '../api/outcome.ts';
import type { Environment } from '../environment.ts';
import type { Sending } from '../model/edit.ts';
import { travelTime } from '../model/lead-record.ts';
import {
  afterAnswer,
  afterFailure,
  afterUnauthorized,
  afterWait,
  heldBy,
  lapsed,
  nextLook,
  offline,
  type ReplayState,
  type RetryBounds,
  relieved,
} from '../model/replay-state.ts';
import type { WaitingFor } from '../model/status.ts';
import type { Progress } from '../model/sync-status.ts';
import { createLeadQueue } from './lead-queue.ts';
import type { Answered, SentBatch, Turn, TurnPlan } from './turn.ts';

/** What a drain stands on. */
export interface DrainHost {
  readonly environment: Environment;
  readonly concurrency: number;
  readonly retry: RetryBounds;
  /** Settles answers and chooses batches, in one transaction. */
  readonly takeTurn: (
    plan: Pick<TurnPlan, 'answers' | 'want' | 'queue' | 'mayBeSent' | 'rank'>,
    isOver: TurnPlan['terms']['isOver'],
  ) => Promise<Turn>;
  /** One attempt. Never rejects. */
  readonly send: (batch: Sending) => Promise<Outcome>;
  /** Fetches a lead to be compared before its batch is chosen. Never rejects. */
  readonly look: (leadId: string) => Promise<Outcome>;
  /** Milliseconds since 1970, never set back under a timer. */
  readonly now: () => number;
  /** When to drain again if nothing happens before, in milliseconds since 1970, and what it waits for. */
  readonly schedule: (until: number | undefined, why: WaitingFor | undefined) => void;
  readonly report: (changes: Partial<Progress>) => void;
  /** Nothing new may be sent: paused or closed. */
  readonly isStopped: () => boolean;
}

export interface Drain {
  /**
   * Sends until nothing more can be sent now, or storage fails. Never rejects. Gives the state of failures it leaves
   * behind, and why it could not go on.
   */
  run(before: ReplayState): Promise<Drained>;
  /**
   * There may be more to send, and with `relievedAt` a good reason to try it at once: waits that began before that
   * moment, in milliseconds since 1970, end.
   */
  wake(relievedAt?: number): void;
  /** A reason that was not used yet, as in a pause, does not stand for what fails from now on. */
  calm(): void;
}

export interface Drained {
  readonly state: ReplayState;
  readonly failed: { readonly error: unknown } | undefined;
  /** Whether the server gave any definite answer. */
  readonly hasAnswered: boolean;
}

/**
 * One drain:
 *
 *     answers ──► turn: settle + choose ──► requests ──► answers …
 */
export function createDrain(host: DrainHost): Drain {
  const { connectivity, random } = host.environment;
  // Answers that are not stored yet: if storing fails they are kept, so that the server is not asked again (R24).
  const answers: Answered[] = [];
  // The latest attempts of batches that are known to be over, so that they cannot arrive any more (R17).
  const over = new Map<string, number>();
  let mayBeMore = false;
  let relievedAt: number | undefined;
  let wake = () => {};

  const run = async (before: ReplayState): Promise<Drained> => {
    const queue = createLeadQueue();
    // A lead is reserved from before its batch is chosen until its answer is stored: one request per lead (R15, R18).
    const reserved = new Set(answers.map(({ leadId }) => leadId));
    let state = relievedAt !== undefined || connectivity.onLine() ? before : offline(before, host.now());
    let failed: { readonly error: unknown } | undefined;
    let fences: readonly number[] = [];
    let lookedAt = 0;
    let hasAnswered = false;
    mayBeMore = true;

    /** Without a batch: a look at the lead. */
    const attempt = async (leadId: string, batch?: SentBatch) => {
      const sentAt = host.now();
      // The device may have slept since it was chosen: what its fence and a lease are counted from is no longer true.
      const isLate = sentAt > lookedAt + travelTime;
      // While it was being chosen, an answer to another request may have asked for a wait.
      const mayBeSent = !isLate && !host.isStopped() && !heldBy(state, sentAt);
      const outcome = mayBeSent ? await (batch ? host.send(batch) : host.look(leadId)) : undefined;
      const now = host.now();
      const circumstances = { now, random: random(), bounds: host.retry };
      const isOver = !outcome || outcome.kind === 'unauthorized' || (outcome.kind === 'retry' && !outcome.mayArrive);
      if (batch && isOver) over.set(batch.id, batch.arrivesUntil);
      else if (batch) over.delete(batch.id);
      if (!outcome) {
        reserved.delete(leadId);
      } else if (outcome.kind === 'retry') {
        reserved.delete(leadId);
        const { why, error, wait } = outcome;
        // Cancelled here, it says nothing about the server; nor does a limit with its end about the lead.
        if (error.code !== 'aborted' && !(wait && why === 'rate-limit')) {
          state = afterFailure(state, { leadId, why, sentAt, onLine: connectivity.onLine(), ...circumstances });
        }
        host.report({ lastError: error });
      } else if (outcome.kind === 'unauthorized') {
        reserved.delete(leadId);
        state = afterUnauthorized(state);
        host.report({ lastError: outcome.error });
      } else {
        hasAnswered = true;
        answers.push({ leadId, batch, answer: outcome });
        state = afterAnswer(state, leadId, sentAt);
        if (batch && outcome.kind === 'acknowledged') state = { ...state, lastSyncedAt: now };
        host.report({ lastError: undefined, lastSyncedAt: state.lastSyncedAt });
      }
      // A look is worth nothing without the request it was made for: what is left of the budget holds what comes after.
      if (outcome?.wait && (batch || outcome.kind === 'retry')) state = afterWait(state, outcome.wait, circumstances);
      if (failed) reserved.delete(leadId);
      mayBeMore = true;
      wake();
    };

    const turn = async (want: number) => {
      if (want) mayBeMore = false;
      lookedAt = host.now();
      const taken = answers.slice();
      const answered = new Set(taken.map(({ leadId }) => leadId));
      // The first request after an outage is a probe: of the lead that was not attempted for the longest time.
      const isProbe = state.hold !== undefined;
      const mayBeSent = (id: string) =>
        (answered.has(id) || !reserved.has(id)) && (isProbe || (state.leads[id]?.until ?? 0) <= lookedAt);
      const rank = (id: string) => (isProbe ? (state.leads[id]?.since ?? 0) : 0);
      try {
        const plan = { answers: taken, want, queue, mayBeSent, rank };
        const { batches, looks, fencedUntil, settled } = await host.takeTurn(
          plan,
          ({ id, arrivesUntil }) => over.get(id) === arrivesUntil,
        );
        answers.splice(0, taken.length);
        for (const id of answered) reserved.delete(id);
        fences = fencedUntil;
        if (batches.length + looks.length + settled.length) mayBeMore = true;
        if (batches.length + looks.length) host.report({ sending: true });
        for (const batch of batches) {
          reserved.add(batch.leadId);
          void attempt(batch.leadId, batch);
        }
        for (const leadId of looks) {
          reserved.add(leadId);
          void attempt(leadId);
        }
      } catch (error) {
        failed = { error };
        // These requests are over, those that were answered meanwhile too; their answers are kept.
        for (const { leadId } of answers) reserved.delete(leadId);
        // What was only looked at is looked at again: it would not be fresh any more.
        answers.splice(0, answers.length, ...answers.filter(({ batch }) => batch));
      }
    };

    while (true) {
      const now = host.now();
      // Waits that began since, in another tab, stand.
      state = lapsed(relievedAt === undefined ? state : relieved(state, relievedAt), now);
      relievedAt = undefined;
      const isIdle = failed || host.isStopped() || heldBy(state, now);
      const want = isIdle ? 0 : Math.max(0, (state.hold ? 1 : host.concurrency) - reserved.size + answers.length);
      if (!failed && (answers.length || (want && mayBeMore))) {
        await turn(want);
        continue;
      }
      // What came due since the last look was not seen by it. Without room, the next answer looks again.
      const next = nextLook(state, fences, want ? lookedAt : now);
      host.schedule(next?.until, next?.why);
      if (!reserved.size) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    // The lock is held until no request of ours is open any more.
    return { state, failed, hasAnswered };
  };

  return {
    run,
    wake(at) {
      mayBeMore = true;
      if (at !== undefined) relievedAt = Math.max(relievedAt ?? 0, at);
      wake();
    },
    calm() {
      relievedAt &&= Math.min(relievedAt, host.now());
    },
  };
}
