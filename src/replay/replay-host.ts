import type { Outcome } from '../api/outcome.ts';
import type { Conflict, Resolution, Sending } from '../model/edit.ts';
import type { Database } from '../storage/database.ts';
import type { ReplayMemory } from '../storage/replay-memory.ts';
import type { DrainHost } from './drain-host.ts';
import type { Turn } from './turn.ts';

/** What replay stands on. */
export interface ReplayHost extends Pick<DrainHost, 'environment' | 'concurrency' | 'retry'> {
  /** Milliseconds for one request. */
  readonly timeout: number;
  /** Name of the database, and of the lock that makes its holder the only sender. */
  readonly name: string;
  readonly database: Database;
  readonly memory: ReplayMemory;
  readonly ordering: 'per-lead' | 'strict';
  readonly coalesce: boolean;
  readonly idempotencyHeader?: string;
  /** A name that no other leadbox has. */
  readonly newName: () => string;
  readonly autoSync: boolean;
  readonly maxAge: number;
  readonly baseUrl: string;
  readonly sections: 'auto' | 'merge' | 'replace';
  readonly checkBeforeSend: boolean;
  readonly onConflict?: ((conflict: Conflict) => Resolution) | undefined;
  /** In a service worker; a page that opens a name brings a new session with it. */
  readonly isWorker: boolean;
  /** Brings the session back; rejects where it cannot. */
  readonly onUnauthorized?: (() => void | Promise<void>) | undefined;
  /** One attempt, until `lost` aborts. Never rejects. */
  readonly send: (batch: Sending, lost: AbortSignal) => Promise<Outcome>;
  /** Fetches a lead, until `lost` aborts. Never rejects. */
  readonly look: (leadId: string, lost: AbortSignal) => Promise<Outcome>;
  /** Told whether the user left this device (R73). Gives whether to send: he did not, or this leadbox was opened since. */
  readonly mayStay: (isSignedOut: boolean) => Promise<boolean>;
  /** Told when something keeps edits from being sent. */
  readonly onWaiting: () => void;
  /** Told what a turn came to as soon as it is on its way to the disk: whoever looks from now on waits for that. */
  readonly onTurnWritten: (turn: Turn) => void;
  /** Told what a turn came to, before anything it chose is sent. */
  readonly onTurn: (turn: Turn) => void;
  /** Whether the page stands still, but for what it does while it is being frozen. */
  readonly isFrozen: () => boolean;
  /** Told when the progress changed. */
  readonly onProgress: () => void;
}
