import type { Environment } from '../environment.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import type { Database } from './database.ts';
import { within } from './patience.ts';
import { replayMemoryName } from './replay-memory.ts';

/**
 * Removes every row, in one transaction.
 * @throws LeadboxError 'unsynced-edits' while edits are pending or parked, unless `isForced`; then nothing is removed.
 */
export function emptyTables(database: Database, isForced: boolean): Promise<void> {
  return database.run('rw', async (tables) => {
    if (!isForced) refuseUnsynced(await tables.outbox.count(), await tables.parked.count());
    await Promise.all(Object.values(tables).map((table) => table.clear()));
  });
}

/**
 * Removes one lead.
 * @throws LeadboxError 'unsynced-edits' while edits of it are pending or parked.
 */
export function removeLead(database: Database, id: string): Promise<void> {
  return database.run('rw', async ({ leads, outbox, parked }) => {
    const [pending, refused] = await Promise.all([outbox, parked].map((table) => table.where('leadId', id).count()));
    refuseUnsynced(pending, refused);
    await leads.delete(id);
  });
}

function refuseUnsynced(pending = 0, parked = 0): void {
  if (!pending && !parked) return;
  const message = `${pending} edits are not sent yet and ${parked} wait for a decision. Sync, decide or discard them first.`;
  throw new LeadboxError('unsynced-edits', message);
}

// A tab that does not let go, frozen for instance, must not hold up signing out: the rows are gone, the rest follows.
const patience = 5_000;

/** Deletes both databases of a name. Connections elsewhere close themselves when they are told. */
export async function deleteDatabases(name: string, { indexedDB, clock }: Environment): Promise<void> {
  const deleted = [name, replayMemoryName(name)].map(
    (database) =>
      new Promise<unknown>((resolve) => {
        const request = indexedDB?.deleteDatabase(database);
        if (!request) return resolve(undefined);
        request.onsuccess = request.onerror = resolve;
      }),
  );
  await within(patience, clock, Promise.all(deleted));
}
