import type { Lead } from '../model/lead.ts';
import { isOlder } from '../model/lead-change.ts';
import type { ParkedRow } from '../model/lead-record.ts';
import type { Database } from './database.ts';
import { openRecords } from './lead-records.ts';
import { isReadableLead } from './readable.ts';

/** Leads in one task: so few that the page does not notice. */
const stepSize = 250;

export interface StoredLeads {
  readonly ids: readonly string[];
  readonly unreadable: readonly ParkedRow[];
}

export interface StoringTerms {
  /** Whether an equal `updated_at` replaces nothing, either; asked once the transaction runs. */
  readonly isNewerOnly: () => boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The ETag that came with a lead, as far as it is known. */
  readonly etagOf: (lead: Lead) => string | undefined;
}

/**
 * Takes leads in as the server gave them, in one transaction. A lead with pending edits gets a new base under them; an
 * older `updated_at` never replaces a newer one. Gives the ids of the leads that may have changed, and the edits that
 * turned out to be unreadable and are parked now.
 */
export function storeLeads(
  database: Pick<Database, 'run'>,
  given: readonly Lead[],
  { isNewerOnly, now, etagOf }: StoringTerms,
): Promise<StoredLeads> {
  // Of a lead given twice the newer counts, and of equals the later.
  const newest = new Map<string, Lead>();
  for (const lead of given) {
    const other = newest.get(lead.id);
    if (!other || !isOlder(lead, other)) newest.set(lead.id, lead);
  }
  const ids = [...newest.keys()];
  return database.run(
    'rw',
    async (tables) => {
      const [known, edited, records] = await Promise.all([
        tables.leads.count(),
        tables.outbox.uniqueKeys('leadId'),
        openRecords(tables, now),
      ]);
      const mustBeNewer = isNewerOnly();
      // Also of leads that were not known yet: edits can come before them, from another device.
      const pending = new Set(edited);
      // Of leads with edits none of which can be read: these go, and with them the base that they lay on.
      const freed: Lead[] = [];
      const puts: PromiseLike<unknown>[] = [];
      for (let at = 0; at < ids.length; at += stepSize) {
        const step = ids.slice(at, at + stepSize);
        const [views, bases] = await Promise.all([
          known ? tables.leads.bulkGet(step) : [],
          pending.size ? tables.bases.bulkGet(step) : [],
        ]);
        const clean: Lead[] = [];
        for (const [index, id] of step.entries()) {
          const lead = newest.get(id) as Lead; // `ids` are its keys
          const before = [bases[index]?.lead, views[index]].find(isReadableLead);
          if (before && (isOlder(lead, before) || (mustBeNewer && !isOlder(before, lead)))) continue;
          const record = pending.has(id) && (await records.get(id, lead));
          if (record) {
            // Of the same version the one that is stored still holds (R38).
            const etag = etagOf(lead) ?? (isOlder(record.base, lead) ? undefined : record.etag);
            records.set({ ...record, base: lead, etag });
          } else (pending.has(id) ? freed : clean).push(lead);
        }
        const put = tables.leads.bulkPut(clean);
        // The next step is made ready while this one is being written.
        await puts.at(-1);
        puts.push(put);
      }
      records.flush();
      tables.leads.bulkPut(freed);
      return { ids, unreadable: records.unreadable };
    },
    { needed: ids },
  );
}
