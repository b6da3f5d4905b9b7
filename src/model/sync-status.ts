import type { LeadboxError } from './leadbox-error.ts';
import type { SyncStatus, WaitingFor } from './status.ts';

/** What replay is doing in this tab. */
export interface Progress {
  readonly sending: boolean;
  readonly paused: boolean;
  readonly waitingFor?: WaitingFor | undefined;
  /** Milliseconds since 1970. */
  readonly nextAttemptAt?: number | undefined;
  /** Milliseconds since 1970. */
  readonly lastSyncedAt?: number | undefined;
  readonly lastError?: LeadboxError | undefined;
}

/** What else a status depends on. */
export interface Circumstances {
  readonly isClosed: boolean;
  /** Who took the database away from this tab, if somebody did. */
  readonly takenAway: WaitingFor | undefined;
  readonly autoSync: boolean;
  readonly onLine: boolean;
}

type Counts = Pick<SyncStatus, 'pending' | 'parked'>;

/** The one word for all of it (R57). */
export function syncStatus(counts: Counts, progress: Progress, circumstances: Circumstances): SyncStatus {
  const { nextAttemptAt, lastSyncedAt, lastError } = progress;
  const [state, waitingFor] = stateOf(counts, progress, circumstances);
  const isWaiting = state === 'waiting' && counts.pending > 0;
  return {
    state,
    waitingFor,
    ...counts,
    nextAttemptAt: isWaiting ? nextAttemptAt : undefined,
    lastSyncedAt,
    lastError,
  };
}

function stateOf(
  { pending, parked }: Counts,
  { paused, sending, waitingFor }: Progress,
  { isClosed, takenAway, autoSync, onLine }: Circumstances,
): [SyncStatus['state'], WaitingFor?] {
  if (isClosed) return ['closed'];
  if (takenAway) return ['waiting', takenAway];
  if (paused) return ['paused', 'paused'];
  if (!pending) return parked ? ['waiting', 'decision'] : ['synced'];
  if (sending) return ['syncing'];
  // Without a session sync() does not help.
  if (!autoSync && waitingFor !== 'session') return ['waiting', 'sync-call'];
  // No reason known: it is about to be sent, here or by another tab.
  if (!waitingFor) return ['syncing'];
  return ['waiting', waitingFor === 'retry' && !onLine ? 'network' : waitingFor];
}
