import type { Database } from './database.ts';

/** At least so many leads go at once: what frees next to nothing would be asked for again at the next edit. */
const fewest = 50;

/**
 * Drops a quarter of the cached leads that can be asked for again, the ones changed the longest ago first: none with
 * pending or parked edits, and none of those `needed` (R48). Gives the ids of those that went.
 */
export function makeRoom(database: Pick<Database, 'run'>, needed: ReadonlySet<string>): Promise<readonly string[]> {
  return database.run('rw', async ({ leads, bases, outbox, parked }) => {
    const unsynced = new Set(
      (
        await Promise.all([
          bases.toCollection().primaryKeys(),
          outbox.orderBy('leadId').uniqueKeys(),
          parked.orderBy('leadId').uniqueKeys(),
        ])
      ).flat(),
    );
    const clean: { readonly id: string; readonly at: number }[] = [];
    await leads.each(({ id, updated_at }) => {
      if (!unsynced.has(id) && !needed.has(id)) clean.push({ id, at: Date.parse(updated_at) });
    });
    clean.sort((a, b) => a.at - b.at);
    const gone = clean.slice(0, Math.max(fewest, clean.length / 4)).map(({ id }) => id);
    await leads.bulkDelete(gone);
    return gone;
  });
}
