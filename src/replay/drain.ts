import { type FrozenBatch, travelTime } from '../model/lead-record.ts';
import { heldBy, lapsed, longestWait, nextLook, offline, type ReplayState, relieved } from '../model/replay-state.ts';
import { afterOutcome } from './after-outcome.ts';
import type { DrainHost } from './drain-host.ts';
import { createLeadQueue } from './lead-queue.ts';
import type { Answered, SentBatch } from './turn.ts';

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

/** What a turn chose, until it is on its way: a batch, or without one a look at the lead. */
interface Ready {
  readonly leadId: string;
  readonly batch: SentBatch | undefined;
  /** Milliseconds since 1970. */
  readonly chosenAt: number;
  /** There was no room for it when it was chosen. */
  hasWaited: boolean;
}

/** So many are ready at least where answers come quicker than turns: then one turn takes in several. */
const leastAhead = 3;

/**
 * One drain:
 *
 *     answers ──► turn: settle + choose ──► ready ──► requests ──► answers …
 *
 * As many again are ready as are on their way, or some more, so that a request need not wait for the turn that takes in the
 * answer before it.
 */
export function createDrain(host: DrainHost): Drain {
  const { clock, connectivity, random } = host.environment;
  // Answers that are not stored yet: if storing fails they are kept, so that the server is not asked again (R24).
  const answers: Answered[] = [];
  // The latest attempts of batches that are known to be over, so that they cannot arrive any more (R17).
  const over = new Map<string, number>();
  let mayBeMore = false;
  let relievedAt: number | undefined;
  let wake = () => {};

  const run = async (before: ReplayState): Promise<Drained> => {
    const queue = createLeadQueue();
    // Not at once: the clock may be set back.
    for (const [id, arrivesUntil] of over) if (arrivesUntil + longestWait < clock.now()) over.delete(id);
    // A lead is reserved from before its batch is chosen until its answer is stored: one request per lead (R15, R18).
    const reserved = new Set(answers.map(({ leadId }) => leadId));
    const ready: Ready[] = [];
    let inFlight = 0;
    // Batches that were never sent and need not go as they are.
    let unsent: FrozenBatch[] = [];
    let state = relievedAt !== undefined || connectivity.onLine() ? before : offline(before, host.now());
    let failed: { readonly error: unknown } | undefined;
    let fences: readonly number[] = [];
    let lookedAt = 0;
    let hasAnswered = false;
    let isTurning = false;
    let ahead = host.concurrency;
    mayBeMore = true;

    /** Sends what is ready, as far as there is room and nothing came between. */
    const sendReady = () => {
      const now = host.now();
      // Since it was chosen, an answer to another request may have asked for a wait.
      while (inFlight < host.concurrency && !host.isStopped() && !heldBy(state, now)) {
        const [next] = ready;
        if (!next) return;
        const isLate = now > next.chosenAt + travelTime;
        // The device may have slept: what a fence and a lease are counted from is no longer true. And whoever sent a batch
        // before may have had its answer since. What stands behind it waits for its turn, and a turn that runs chooses none of
        // it: it began without knowing.
        if (isLate || (next.hasWaited && next.batch?.isRepeated)) {
          if (!isTurning) giveBack(ready.splice(0));
          return;
        }
        ready.shift();
        void attempt(next, now);
      }
    };

    /** What was chosen and is not sent is chosen anew. */
    const giveBack = (chosen: readonly Ready[]) => {
      for (const { leadId, batch } of chosen) {
        reserved.delete(leadId);
        if (!batch) continue;
        unsent.push(batch);
        over.set(batch.id, batch.arrivesUntil);
      }
      if (chosen.length) mayBeMore = true;
    };

    const attempt = async ({ leadId, batch }: Ready, sentAt: number) => {
      inFlight++;
      const outcome = await (batch ? host.send(batch) : host.look(leadId));
      inFlight--;
      const isOver = outcome.kind === 'unauthorized' || (outcome.kind === 'retry' && !outcome.mayArrive);
      if (batch && isOver) over.set(batch.id, batch.arrivesUntil);
      else if (batch) over.delete(batch.id);
      state = afterOutcome(state, outcome, {
        ...{ leadId, isLook: !batch, sentAt, now: host.now(), random: random() },
        ...{ onLine: connectivity.onLine(), bounds: host.retry },
      });
      if (outcome.kind === 'retry' || outcome.kind === 'unauthorized') {
        reserved.delete(leadId);
        host.report({ lastError: outcome.error });
      } else {
        hasAnswered = true;
        answers.push({ leadId, batch, answer: outcome });
        if (batch && outcome.kind === 'acknowledged') state = { ...state, lastSyncedAt: clock.now() };
        host.report({ lastError: undefined, lastSyncedAt: state.lastSyncedAt });
      }
      if (failed) reserved.delete(leadId);
      mayBeMore = true;
      if (isTurning && !ready.length) ahead = Math.max(ahead, leastAhead);
      sendReady();
      wake();
    };

    const turn = async (want: number) => {
      if (want) mayBeMore = false;
      lookedAt = host.now();
      isTurning = true;
      const taken = answers.slice();
      const answered = new Set(taken.map(({ leadId }) => leadId));
      // The first request after an outage is a probe: of the lead that was not attempted for the longest time. Those that failed
      // since it began wait for themselves.
      const { hold } = state;
      const hasWaited = (id: string) => {
        const { since = 0, until = 0 } = state.leads[id] ?? {};
        return until <= lookedAt || (hold && since <= hold.since);
      };
      const mayBeSent = (id: string) => (answered.has(id) || !reserved.has(id)) && !!hasWaited(id);
      const rank = (id: string) => (hold ? (state.leads[id]?.since ?? 0) : 0);
      try {
        const plan = { answers: taken, unsent, want, queue, mayBeSent, rank };
        unsent = [];
        const { chosenAt, batches, looks, fencedUntil, settled } = await host.takeTurn(
          plan,
          ({ id, arrivesUntil }) => over.get(id) === arrivesUntil,
        );
        isTurning = false;
        answers.splice(0, taken.length);
        for (const id of answered) reserved.delete(id);
        fences = fencedUntil;
        const chosen: Ready[] = [
          ...batches.map((batch) => ({ leadId: batch.leadId, batch, chosenAt, hasWaited: false })),
          ...looks.map((leadId) => ({ leadId, batch: undefined, chosenAt, hasWaited: false })),
        ];
        if (settled.length || (want && chosen.length === want)) mayBeMore = true;
        if (chosen.length) host.report({ sending: true });
        for (const { leadId } of chosen) reserved.add(leadId);
        ready.push(...chosen);
        sendReady();
        for (const next of ready) next.hasWaited = true;
      } catch (error) {
        failed = { error };
        // These requests are over, those that were answered meanwhile too; their answers are kept.
        for (const { leadId } of answers) reserved.delete(leadId);
        // What was only looked at is looked at again: it would not be fresh any more.
        answers.splice(0, answers.length, ...answers.filter(({ batch }) => batch));
        giveBack(ready.splice(0));
      } finally {
        isTurning = false;
      }
    };

    while (true) {
      const now = host.now();
      // Waits that began since, in another tab, stand.
      state = lapsed(relievedAt === undefined ? state : relieved(state, relievedAt), now);
      relievedAt = undefined;
      const isIdle = failed || host.isStopped() || heldBy(state, now);
      const mayBeAhead = host.mayChooseAhead() && !state.hold;
      if (isIdle || !mayBeAhead) giveBack(ready.splice(0));
      const most = state.hold ? 1 : host.concurrency + (mayBeAhead ? ahead : 0);
      const want = isIdle ? 0 : Math.max(0, most - inFlight - ready.length);
      if (!failed && (answers.length || (unsent.length && !host.isRevoked()) || (want && mayBeMore))) {
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
