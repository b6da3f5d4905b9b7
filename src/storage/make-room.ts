import type { Database } from './database.ts';

/** Leads by their ids, with the `updated_at` they had. */
export type Evicted = ReadonlyMap<string, string>;

/** At least so many leads go at once: what frees next to nothing would be asked for again at the next edit. */
const fewest = 50;
/** As many as are in memory at a time. */
const someLeads = 500;

/**
 * Drops a quarter of the cached leads that can be asked for again, the ones changed the longest ago first: none with
 * pending or parked edits, and none of those `needed` in the moment in which they go (R48). Gives those that went, by
 * their ids with their `updated_at`.
 */
export function makeRoom(database: Pick<Database, 'run'>, needed: () => ReadonlySet<string>): Promise<Evicted> {
  return database.run('rw', async ({ leads, bases, outbox, parked }) => {
    const unsynced = new Set(
      (await Promise.all([bases.primaryKeys(), outbox.uniqueKeys('leadId'), parked.uniqueKeys('leadId')])).flat(),
    );
    const clean: (readonly [id: string, updatedAt: string])[] = [];
    for (let last = ''; ; ) {
      const some = await leads.after(last, someLeads);
      if (!some.length) break;
      for (const { id, updated_at } of some) if (!unsynced.has(id)) clean.push([id, updated_at]);
      last = some.at(-1)?.id ?? last;
    }
    const kept = needed();
    const free = clean.filter(([id]) => !kept.has(id)).sort(([, a], [, b]) => Date.parse(a) - Date.parse(b));
    const gone = new Map(free.slice(0, Math.max(fewest, free.length / 4)));
    await leads.bulkDelete([...gone.keys()]);
    return gone;
  });
}
