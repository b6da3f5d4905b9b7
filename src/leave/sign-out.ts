import { LeadboxError } from '../model/leadbox-error.ts';
import type { Database } from '../storage/database.ts';
import { emptyTables } from '../storage/empty-tables.ts';
import type { ReplayMemory } from '../storage/replay-memory.ts';

/** What becomes of edits that the server does not have yet; `Leadbox.signOut` says what each does. */
export interface SignOutOptions {
  readonly pending?: 'refuse' | 'sync' | 'keep' | 'discard';
}

/** What signing out stands on. */
export interface Leaving {
  readonly database: Database;
  readonly memory: ReplayMemory;
  /** Resolves when every edit taken so far is stored or refused. */
  readonly stored: () => Promise<void>;
  /** Sends what can be sent now. */
  readonly sync: () => Promise<void>;
  /** Ends the leadboxes of this name in other tabs. */
  readonly endOthers: (isWiped: boolean) => void;
  readonly close: () => Promise<void>;
  readonly deleteDatabases: () => Promise<void>;
}

const ways = ['refuse', 'sync', 'keep', 'discard'];

/**
 * Leaves this device (R45). Nothing can come between the look at what is unsynced and its end: both are one
 * transaction, after which an edit in another tab finds no lead and is refused.
 */
export async function signOut(pending: SignOutOptions['pending'] = 'refuse', leaving: Leaving): Promise<void> {
  if (!ways.includes(pending)) {
    throw new LeadboxError('invalid-option', `pending must be one of ${ways.join(', ')}.`, { path: ['pending'] });
  }
  await leaving.stored();
  if (pending === 'sync') await leaving.sync();
  const isWiped = pending !== 'keep';
  if (isWiped) {
    await emptyTables(leaving.database, pending === 'discard');
  } else if (!(await leaving.memory.write({ isSignedOut: true }))) {
    throw new LeadboxError('storage-unavailable', 'That you signed out could not be stored. Try again.');
  }
  leaving.endOthers(isWiped);
  await leaving.close();
  if (isWiped) await leaving.deleteDatabases();
}
