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

/** What a status is made of. */
export interface StatusParts {
  readonly counts: { readonly pending: number; readonly parked: number };
  readonly progress: Progress;
  readonly isClosed: boolean;
  /** Who took the database away from this tab, if somebody did. */
  readonly takenAway: 'update' | 'deletion' | undefined;
  readonly autoSync: boolean;
  readonly onLine: boolean;
}

/** The one word for all of it (R57). */
export function syncStatus(parts: StatusParts): SyncStatus {
  const { nextAttemptAt, lastSyncedAt, lastError } = parts.progress;
  const [state, waitingFor] = stateOf(parts);
  return {
    ...{ state, ...parts.counts },
    ...(waitingFor === undefined ? {} : { waitingFor }),
    ...(state === 'waiting' && nextAttemptAt !== undefined ? { nextAttemptAt } : {}),
    ...(lastSyncedAt === undefined ? {} : { lastSyncedAt }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}

function stateOf({ counts, progress, ...parts }: StatusParts): [SyncStatus['state'], WaitingFor?] {
  if (parts.isClosed) return ['closed'];
  if (parts.takenAway) return ['waiting', parts.takenAway === 'update' ? 'update' : 'storage'];
  if (progress.paused) return ['paused', 'paused'];
  if (counts.pending === 0) return counts.parked === 0 ? ['synced'] : ['waiting', 'decision'];
  if (progress.sending) return ['syncing'];
  if (!parts.autoSync) return ['waiting', 'sync-call'];
  const { waitingFor } = progress;
  // No reason known: it is about to be sent, here or by another tab.
  if (waitingFor === undefined) return ['syncing'];
  return ['waiting', waitingFor === 'retry' && !parts.onLine ? 'network' : waitingFor];
}
