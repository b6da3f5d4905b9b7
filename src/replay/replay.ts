import { coalesced } from '../model/coalesced.ts';
import { latestArrival } from '../model/lead-record.ts';
import { isLeadboxError, LeadboxError } from '../model/leadbox-error.ts';
import { backoff, clamped, shifted } from '../model/replay-state.ts';
import type { WaitingFor } from '../model/status.ts';
import type { Progress } from '../model/sync-status.ts';
import type { Tables } from '../storage/database.ts';
import { claimLease, type Lease, prolongLease, returnLease } from '../storage/lease.ts';
import { createDrain } from './drain.ts';
import { createSections } from './learned-sections.ts';
import type { ReplayHost } from './replay-host.ts';
import { createSession } from './session.ts';
import { createSoleSender } from './sole-sender.ts';
import { takeTurn } from './turn.ts';

/** Sends the outbox towards the server: one drain at a time, in whichever tab. */
export interface Replay {
  /** There may be something to send. `isRelieving`: also a reason to stop backing off, like a connection that is back. */
  trigger(isRelieving?: boolean): void;
  /**
   * Sends what can be sent now, also with `autoSync: false`; resolves when nothing more can be. A sign-in that was asked for
   * before is not waited for: it may be the app's own sign-in that calls this.
   */
  sync(): Promise<void>;
  setPaused(isPaused: boolean): Promise<void>;
  /** Another tab was paused or resumed. */
  hearPaused(isPaused: boolean): Promise<void>;
  progress(): Progress;
  /** The page stops running, for nobody knows how long: the right to send is free before this returns. */
  release(): void;
  /** Resolves when nothing of it runs any more. */
  close(): Promise<void>;
}

/** What this tab was asked for last: to pause, or to go on. */
interface PauseDecision {
  /** undefined while it is being written. */
  isWritten: boolean | undefined;
}

export function createReplay(host: ReplayHost): Replay {
  const { environment, memory, retry, autoSync } = host;
  const { clock, locks } = environment;
  const soleSender = createSoleSender(host.name, environment, host.isFrozen);
  let lost: AbortSignal | undefined;
  let isClosed = false;
  let isReleased = false; // in the midst of a pass: others may be sending since
  const session = createSession(host.isWorker, host.onUnauthorized, () => void start(now()));
  let progress: Progress = { sending: false, paused: false };
  let timer: unknown;
  let behind = 0;
  let latest = 0;
  let seen = { writtenAt: 0, behind: 0 };
  let storageFailures = 0;
  let decision: PauseDecision = { isWritten: true }; // nothing was asked for yet

  const report = (changes: Partial<Progress>) => {
    progress = { ...progress, ...changes };
    host.onProgress();
  };

  // The clock, unless it was set back meanwhile: no wait gets longer by that, and none ends that began since (R25).
  const now = () => {
    behind = Math.max(behind, latest - clock.now());
    latest = clock.now() + behind;
    return latest;
  };
  const schedule = (until: number | undefined, waitingFor: WaitingFor | undefined) => {
    clock.clearTimeout(timer);
    if (isClosed) return;
    if (!autoSync) return report({ waitingFor });
    const wait = (until ?? 0) - now();
    const due = () => {
      // Only now is it known how far the clock was set back meanwhile.
      const early = (until ?? 0) - now();
      behind += Math.max(0, early);
      trigger();
    };
    if (until !== undefined) timer = clock.setTimeout(due, Math.max(0, wait));
    report({ nextAttemptAt: until && clock.now() + wait, waitingFor });
    if (waitingFor) host.onWaiting();
  };

  // Unique without anything to look up: a random name for this leadbox, and a number. Once frozen in its rows it stays.
  const sender = host.newName();
  let batches = 0;
  const newId = () => `${sender}-${++batches}`;
  // For as long as a request that is chosen now can travel.
  const leaseNow = (): Lease => ({
    holder: sender,
    since: clock.now(),
    until: latestArrival({ now: clock.now(), timeout: host.timeout }),
  });
  const withLease = <T>(run: (tables: Tables, mine: () => Lease) => Promise<T>): Promise<T> =>
    host.database.run('rw', (tables) => run(tables, leaseNow));

  const sections = createSections(host);
  const isLost = () => isClosed || !!lost?.aborted;
  const terms = { timeout: host.timeout, coalesce: host.coalesce, newId };
  const rules = {
    now: clock.now, // what is stored is of the clock that all tabs share; what this tab waits for is of its own time
    ...{ isStrict: host.ordering === 'strict', isFenced: !host.idempotencyHeader },
    ...{ maxAge: host.maxAge, checkBeforeSend: host.checkBeforeSend, isLost, sections },
    lease: locks ? undefined : leaseNow,
    decide: host.onConflict ?? (() => 'mine' as const),
  };
  const drain = createDrain({
    ...host,
    ...{ now, schedule, report, isRevoked: () => !isClosed && isLost() },
    isStopped: () => progress.paused || isLost(),
    // Not where an answer or a look decides what the next request is.
    mayChooseAhead: () => sections.isLikelyMerging() && !host.checkBeforeSend && host.ordering === 'per-lead',
    send: (batch) => host.send(batch, lost as AbortSignal), // that of the pass in which the drain runs
    look: (leadId) => host.look(leadId, lost as AbortSignal), // as above
    async takeTurn(plan, isOver) {
      const request = { ...plan, ...rules, terms: { ...terms, isOver } };
      const turn = await takeTurn(host.database, request, host.onTurnWritten);
      host.onTurn(turn);
      await sections.remember();
      const { chosenAt, fencedUntil } = turn;
      return { ...turn, chosenAt: chosenAt + behind, fencedUntil: fencedUntil.map((until) => until + behind) };
    },
  });

  // Before anything is read: what the one before learned must be written by then.
  const leased = async (signal: AbortSignal) => {
    const othersUntil = await withLease(claimLease);
    if (othersUntil) return schedule(othersUntil + behind, 'retry');
    try {
      await pass(signal);
    } finally {
      // What a page begins that stands still stays open, and keeps others from editing: its lease ends by itself.
      if (!host.isFrozen()) await returnLease(host.database, sender);
    }
  };

  // What others learned since is newer than what this tab knows. Where it cannot be asked, what was learned counts.
  const isStillOurs = () => withLease(prolongLease).catch(() => true);

  const pass = async (signal: AbortSignal) => {
    lost = signal;
    isReleased = false;
    const { isPaused, isSignedOut, replacing, state = { leads: {} }, ...known } = await memory.read();
    sections.recall(replacing);
    // Another tab may have paused or resumed without our hearing of it; what this tab could not write yet is newer.
    const paused = decision.isWritten ? (isPaused ?? progress.paused) : progress.paused;
    const { lastSyncedAt } = state;
    // Another tab had a success since.
    const isOver = (lastSyncedAt ?? 0) > (progress.lastSyncedAt ?? 0);
    report({ paused, lastSyncedAt, ...(isOver && { lastError: undefined }) });
    if (isSignedOut === undefined && host.isWorker)
      throw new LeadboxError('storage-unavailable', 'Whether the user left this device could not be read.');
    if (isSignedOut !== undefined && !(await host.mayStay(isSignedOut))) return report({ paused: true });
    const isOfThisSession = state.isUnauthorized && state.session === known.session;
    const isUnauthorized = session.isMissing(isOfThisSession ? JSON.stringify(state) : undefined);
    if (progress.paused || isClosed) return; // it may have been paused meanwhile
    const at = now();
    // What is stored is of the clock that all tabs share, as it was when it was seen first here. What was written later than
    // that clock says, as it was set back since, counts as written just now: so no wait ends too early.
    const { writtenAt = 0 } = state;
    if (writtenAt !== seen.writtenAt) seen = { writtenAt, behind: writtenAt <= clock.now() ? behind : at - writtenAt };
    const waits = shifted(state, seen.behind);
    const before = { ...clamped(waits, at, retry), isUnauthorized, session: known.session };
    const { state: after, failed, hasAnswered } = await drain.run(before);
    session.ended(after.isUnauthorized, hasAnswered, !!failed);
    // Without anything learned, another tab's is newer; frozen meanwhile, it is no longer ours to write.
    const learned = { ...shifted(after, -behind), writtenAt: state.writtenAt };
    const hasLearned = JSON.stringify(learned) !== JSON.stringify({ ...state, writtenAt: state.writtenAt });
    const isOurs = () => !isReleased && (isClosed || !signal.aborted);
    if (hasLearned && isOurs() && (locks || (await isStillOurs()))) {
      const mine = { writtenAt: clock.now(), behind };
      if (await memory.write({ state: { ...learned, writtenAt: mine.writtenAt } }, isOurs)) seen = mine;
    }
    if (failed) throw failed.error;
    storageFailures = 0;
    const isOfStorage = (['storage-full', 'storage-unavailable'] as const).some((code) =>
      isLeadboxError(progress.lastError, code),
    );
    report({ sending: false, ...(isOfStorage && { lastError: undefined }) });
  };

  const run = coalesced(async () => {
    try {
      do await soleSender.hold(locks ? pass : leased);
      while (await session.renewed());
    } catch (error) {
      if (isClosed) return;
      // Nothing can be chosen or settled now: what was answered is kept, and storage is asked again later (R24).
      report({ lastError: error as LeadboxError }); // a transaction fails with nothing else
      if (environment.indexedDB) schedule(now() + backoff(++storageFailures, retry, environment.random()), 'storage');
    }
    report({ sending: false });
  });

  const start = (relievedAt?: number) => {
    drain.wake(relievedAt);
    return run();
  };

  const trigger = (isRelieving = false) => {
    if (!isClosed && autoSync) void start(isRelieving ? now() : undefined);
  };

  const applyPause = (paused: boolean) => {
    schedule(undefined, undefined);
    report({ paused });
  };
  const goOn = (isWritten: boolean) => {
    session.restore(isWritten);
    trigger(true);
  };

  return {
    trigger,
    async sync() {
      session.giveUp();
      await start(Number.POSITIVE_INFINITY);
      drain.calm();
    },
    async setPaused(paused) {
      applyPause(paused);
      const mine: PauseDecision = { isWritten: undefined };
      decision = mine;
      mine.isWritten = await memory.write({ isPaused: paused, session: paused ? undefined : host.newName() });
      if (!paused) goOn(mine.isWritten);
      else if (!mine.isWritten)
        throw new LeadboxError('storage-unavailable', 'The pause could not be stored: only this tab stops sending.');
    },
    async hearPaused(asked) {
      const before = decision;
      // A message may be late: what is stored counts, unless this tab could not store what it was asked for.
      const paused = decision.isWritten ? ((await memory.read()).isPaused ?? asked) : asked;
      // What it was asked for itself since, or is writing, is newer.
      if (decision !== before || decision.isWritten === undefined || isClosed) return;
      applyPause(paused);
      if (!paused) goOn(true);
    },
    progress: () => progress,
    release() {
      isReleased = true;
      soleSender.release();
    },
    async close() {
      isClosed = true;
      session.restore(true); // nobody waits for it any more
      soleSender.close();
      clock.clearTimeout(timer);
      await start();
    },
  };
}
