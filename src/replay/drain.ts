import type { Outcome } from '../api/outcome.ts';
import type { Environment } from '../environment.ts';
import type { Batch } from '../model/edit.ts';
import type { FrozenBatch } from '../model/lead-record.ts';
import type { LeadboxError } from '../model/leadbox-error.ts';
import { afterFailure, afterSuccess, type ReplayState, type RetryBounds, relieved } from '../model/replay-state.ts';
import type { WaitingFor } from '../model/status.ts';
import { createLeadQueue } from './lead-queue.ts';
import type { Answered, Turn, TurnPlan } from './turn.ts';

/** What a drain needs from its host. */
export interface DrainHost {
  readonly environment: Environment;
  readonly concurrency: number;
  readonly retry: RetryBounds;
  /** Settles answers and chooses batches, in one transaction. */
  readonly takeTurn: (plan: Pick<TurnPlan, 'answers' | 'want' | 'queue' | 'mayBeSent'>) => Promise<Turn>;
  /** One attempt. Never rejects. */
  readonly send: (batch: Batch) => Promise<Outcome>;
  /** Told after each attempt: the error, or undefined after an answer; and when the server last acknowledged an edit. */
  readonly onAttempt: (error: LeadboxError | undefined, lastSyncedAt: number | undefined) => void;
  /** Told that something was sent. */
  readonly onSending: () => void;
  /** Told when the next attempt is due that nothing else would wake the drain for. */
  readonly onDue: (due: Due | undefined) => void;
}

/** What outlives a drain in its tab, and through which the tab talks to the drain under way. */
export interface DrainSignals {
  /** There may be something to send that the drain has not seen. */
  maybeMore: boolean;
  /** There is a good reason to try again at once. */
  relieve: boolean;
  /** Nothing new may be sent: paused or closed. */
  stopped: boolean;
  /** Wakes a drain that waits for its requests. */
  wake: () => void;
  /** Answers that are not stored yet: if storing fails they are kept, so that the server is not asked again (R24). */
  readonly answers: Answered[];
  /** Batches whose latest attempt is known to be over, so that it cannot arrive any more (R17). */
  readonly over: Set<string>;
}

/** When something is due again, in milliseconds since 1970, and what it waits for. */
export interface Due {
  readonly until: number;
  readonly why: WaitingFor;
}

/**
 * One pass: sends until nothing more can be sent now. Gives the state of failures it leaves behind.
 *
 *     answers ──► turn: settle + choose ──► requests ──► answers …
 */
export async function drain(host: DrainHost, signals: DrainSignals, before: ReplayState): Promise<ReplayState> {
  const { clock, connectivity, random } = host.environment;
  const queue = createLeadQueue();
  // A lead is reserved from before its batch is chosen until its answer is stored: one request per lead (R15, R18).
  const reserved = new Set<string>();
  let state = before;
  let fences: readonly Due[] = [];
  signals.maybeMore = true;

  const room = () => {
    if (signals.stopped || (state.hold && clock.now() < state.hold.until)) return 0;
    // After an outage a single request goes ahead.
    return Math.max(0, (state.hold ? 1 : host.concurrency) - reserved.size);
  };

  const attempt = async (batch: FrozenBatch) => {
    const sentAt = clock.now();
    const outcome = await host.send(batch);
    if (outcome.kind === 'retry') {
      reserved.delete(batch.leadId);
      if (!outcome.mayArrive) signals.over.add(batch.id);
      if (!signals.stopped) {
        state = afterFailure(state, {
          ...{ leadId: batch.leadId, scope: outcome.scope, why: outcome.why, sentAt, now: clock.now() },
          ...{ onLine: connectivity.onLine(), random: random(), bounds: host.retry },
        });
      }
      host.onAttempt(outcome.error, state.lastSyncedAt);
    } else {
      signals.over.delete(batch.id);
      state = afterSuccess(state, batch.leadId, outcome.kind === 'acknowledged' ? clock.now() : undefined);
      signals.answers.push({ batch, answer: outcome });
      host.onAttempt(undefined, state.lastSyncedAt);
    }
    signals.maybeMore = true;
    signals.wake();
  };

  const turn = async (want: number) => {
    signals.maybeMore = false;
    const answers = signals.answers.slice();
    const answered = new Set(answers.map(({ batch }) => batch.leadId));
    const { batches, fencedUntil } = await host.takeTurn({
      answers,
      want,
      queue,
      mayBeSent: (id) => answered.has(id) || (!reserved.has(id) && (state.leads[id]?.until ?? 0) <= clock.now()),
    });
    signals.answers.splice(0, answers.length);
    for (const id of answered) reserved.delete(id);
    for (const batch of batches) reserved.add(batch.leadId);
    fences = [...fencedUntil.values()].map((until) => ({ until, why: 'retry' }));
    if (batches.length > 0) {
      signals.maybeMore = true;
      host.onSending();
    }
    for (const batch of batches) void attempt(batch);
  };

  const answered = () =>
    new Promise<void>((resolve) => {
      signals.wake = resolve;
    });

  try {
    while (true) {
      if (signals.relieve) state = relieved(state);
      signals.relieve = false;
      const want = room();
      if (signals.answers.length > 0 || (want > 0 && signals.maybeMore)) {
        await turn(want);
        continue;
      }
      host.onDue(nextDue(state, fences, clock.now()));
      if (reserved.size === 0) break;
      await answered();
    }
  } catch (error) {
    // The lock is held until no request of ours is open any more.
    signals.stopped = true;
    while ([...reserved].some((id) => !signals.answers.some(({ batch }) => batch.leadId === id))) await answered();
    throw error;
  }
  signals.maybeMore = false;
  return state;
}

function nextDue(state: ReplayState, fences: readonly Due[], now: number): Due | undefined {
  const waits: readonly Due[] = state.hold ? [state.hold] : [...Object.values(state.leads), ...fences];
  return waits.filter((wait) => wait.until > now).sort((a, b) => a.until - b.until)[0];
}
