import type { ParkReason } from './edit.ts';
import type { LeadboxError } from './leadbox-error.ts';

/** What synchronisation is doing. */
export interface SyncStatus {
  /** 'synced' only while nothing is pending or parked. */
  readonly state: 'synced' | 'syncing' | 'waiting' | 'paused' | 'closed';
  /** Why nothing is being sent, while `state` is 'waiting' or 'paused'. */
  readonly waitingFor?: WaitingFor | undefined;
  /** Edits that wait to reach the server, in all tabs: the rows of the outbox. */
  readonly pending: number;
  /** Edits that wait for a decision. */
  readonly parked: number;
  /** Milliseconds since 1970; when the next attempt is due. */
  readonly nextAttemptAt?: number | undefined;
  /** Milliseconds since 1970; when the server last acknowledged an edit. */
  readonly lastSyncedAt?: number | undefined;
  /** Why the last attempt failed; gone after a success. */
  readonly lastError?: LeadboxError | undefined;
}

/**
 * What is missing before anything is sent: a connection, the end of a backoff, the server's rate limit, new credentials,
 * storage that works, a call of `sync()` (with `autoSync: false`), a reload with newer code, a decision on parked
 * edits, or `resume()`.
 */
export type WaitingFor =
  | 'network'
  | 'retry'
  | 'rate-limit'
  | 'session'
  | 'storage'
  | 'sync-call'
  | 'update'
  | 'decision'
  | 'paused';

/** What `sync()` achieved. */
export interface SyncResult {
  /** Edits that the server acknowledged during this call. */
  readonly synced: number;
  /** Edits now parked. */
  readonly parked: number;
  /** Edits still pending. */
  readonly pending: number;
  readonly waitingFor?: WaitingFor | undefined;
}

/** A key in the page's code, limits that the page cannot read, storage that the browser may clear. */
export type Warning = 'api-key-in-browser' | 'rate-limit-headers-hidden' | 'storage-not-persistent';

/** What `onEvent` is told: ids, counts, statuses and paths, never contents of a lead. */
export type LeadboxEvent =
  | {
      readonly type: 'parked';
      readonly leadId: string;
      readonly seq: number;
      readonly reason: ParkReason;
      readonly status?: number | undefined;
    }
  /** The server replaces sections: these members were removed and are put back. */
  | { readonly type: 'sections-replaced'; readonly leadId: string; readonly paths: readonly (readonly string[])[] }
  /** The server stored something else than was sent at these paths; the view shows what it stored. */
  | { readonly type: 'server-differs'; readonly leadId: string; readonly paths: readonly (readonly string[])[] }
  | { readonly type: 'status'; readonly status: SyncStatus }
  /** Something that the app's developers should know; once for each reason. */
  | { readonly type: 'warning'; readonly code: Warning; readonly message: string }
  /** Another tab runs a newer version of the app; this one has to be reloaded. */
  | { readonly type: 'update-required' };
