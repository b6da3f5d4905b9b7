import type { LeadboxError } from '../model/leadbox-error.ts';
import { backoff, clamped, nothingFailed } from '../model/replay-state.ts';
import type { Progress } from '../model/sync-status.ts';
import type { ReplayMemory } from '../storage/replay-memory.ts';
import { type DrainHost, type DrainSignals, type Due, drain } from './drain.ts';

export interface ReplayOptions extends Pick<DrainHost, 'environment' | 'concurrency' | 'retry' | 'send'> {
  /** Name of the lock that makes its holder the only sender of the database. */
  readonly lockName: string;
  readonly memory: ReplayMemory;
  readonly autoSync: boolean;
  readonly takeTurn: (
    plan: Parameters<DrainHost['takeTurn']>[0],
    isOver: (batchId: string) => boolean,
  ) => ReturnType<DrainHost['takeTurn']>;
  /** Told when `progress()` changed. */
  readonly onProgress: () => void;
}

/** Sends the outbox towards the server: one drain at a time, in whichever tab. */
export interface Replay {
  /** There may be something to send. 'relieving': also a reason to stop backing off, like a connection that is back. */
  trigger(kind?: 'plain' | 'relieving'): void;
  /** Sends what can be sent now, also with `autoSync: false`; resolves when nothing more can be. */
  sync(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Another tab paused or resumed. */
  pausedElsewhere(paused: boolean): void;
  progress(): Progress;
  /** Resolves when nothing of it runs any more. */
  close(): Promise<void>;
}

export function createReplay(options: ReplayOptions): Replay {
  const { environment, memory } = options;
  const { clock } = environment;
  const closing = new AbortController();
  const signals: DrainSignals = {
    maybeMore: false,
    relieve: false,
    stopped: false,
    wake: () => {},
    answers: [],
    over: new Set(),
  };
  let progress: Progress = { sending: false, paused: false };
  let draining: Promise<void> | undefined;
  let timer: unknown;
  let storageFailures = 0;
  let pauseWrites = 0;

  const report = (changes: Partial<Progress>) => {
    progress = { ...progress, ...changes };
    options.onProgress();
  };

  const schedule = (due: Due | undefined) => {
    clock.clearTimeout(timer);
    timer = undefined;
    if (closing.signal.aborted || !options.autoSync || progress.paused) return;
    if (due) timer = clock.setTimeout(() => trigger(), Math.max(0, due.until - clock.now()));
    report({ nextAttemptAt: due?.until, waitingFor: due?.why });
  };

  const host: DrainHost = {
    ...options,
    takeTurn: (plan) => options.takeTurn(plan, (batchId) => signals.over.has(batchId)),
    onAttempt: (lastError, lastSyncedAt) => report({ lastError, lastSyncedAt }),
    onSending: () => report({ sending: true }),
    onDue: schedule,
  };

  const pass = async (): Promise<void> => {
    const { paused, state = nothingFailed } = await memory.read();
    // Another tab may have paused or resumed without our hearing of it; what this tab is writing right now is newer.
    if (paused !== undefined && pauseWrites === 0) progress = { ...progress, paused };
    progress = { ...progress, lastSyncedAt: state.lastSyncedAt };
    signals.stopped = progress.paused || closing.signal.aborted;
    if (signals.stopped) return report({});
    const after = await drain(host, signals, clamped(state, clock.now(), options.retry));
    if (after !== state) await memory.write(after);
    storageFailures = 0;
  };

  const locked = async (): Promise<void> => {
    const { locks } = environment;
    try {
      if (locks) await locks.request(options.lockName, { signal: closing.signal }, pass);
      else await pass();
    } catch (error) {
      if (closing.signal.aborted) return;
      // Nothing can be chosen or settled now: what was answered is kept, and storage is asked again later.
      storageFailures++;
      report({ lastError: error as LeadboxError }); // a transaction fails with nothing else
      schedule({ until: clock.now() + backoff(storageFailures, options.retry, environment.random()), why: 'storage' });
    } finally {
      if (progress.sending) report({ sending: false });
    }
  };

  const start = () => {
    signals.maybeMore = true;
    if (draining) return signals.wake();
    signals.maybeMore = false;
    draining = locked().finally(() => {
      draining = undefined;
      // Asked for after the last look, and not merely held back.
      if (signals.maybeMore && !signals.stopped) start();
    });
  };

  const trigger = (kind: 'plain' | 'relieving' = 'plain') => {
    if (closing.signal.aborted || !options.autoSync) return;
    if (kind === 'relieving') signals.relieve = true;
    start();
  };

  const setPaused = (paused: boolean) => {
    signals.stopped = paused;
    report({ paused, nextAttemptAt: undefined, waitingFor: paused ? 'paused' : undefined });
    if (paused) clock.clearTimeout(timer);
    else trigger('relieving');
  };

  const decide = async (paused: boolean) => {
    pauseWrites++;
    setPaused(paused);
    await memory.writePaused(paused);
    pauseWrites--;
  };

  return {
    trigger,
    async sync() {
      signals.relieve = true;
      if (!progress.paused) start();
      while (draining) await draining;
    },
    pause: () => decide(true),
    resume: () => decide(false),
    pausedElsewhere: setPaused,
    progress: () => progress,
    async close() {
      signals.stopped = true;
      closing.abort();
      clock.clearTimeout(timer);
      signals.wake();
      await draining;
    },
  };
}
