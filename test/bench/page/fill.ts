import type { Lead } from '../../../src/model/lead.ts';
import type { BaseRow } from '../../../src/storage/rows.ts';
import { createSampleLeads } from '../../../src/testing/sample-leads.ts';
import { edited, layout } from '../contenders/by-hand.ts';
import type { Facts, Tables } from '../contenders/contender.ts';
import { complete, openRaw, result } from '../contenders/raw.ts';
import type { Size } from '../rows/row.ts';

/** Leads of about 1 kB, the same each time; fewer are the first of more. */
export function leadsOf(count: number): readonly Lead[] {
  const notes = 'x'.repeat(400);
  return createSampleLeads(count).map((lead) => ({ ...lead, summary: { ...lead.summary, notes } }));
}

/** The tables of the library, by raw IndexedDB. */
export const tables: Tables = { fill, stored, drop };

async function fill(name: string, { leads: count, pending, editedLeads }: Size): Promise<void> {
  const database = await openRaw(name);
  const leads = leadsOf(count);
  const bases = leads.slice(0, editedLeads);
  const views = [...bases];
  // So few in each transaction that the page and the browser have room for them.
  for (let at = 0; at < count; at += 10_000) {
    const transaction = database.transaction('leads', 'readwrite');
    for (const lead of leads.slice(at, at + 10_000)) transaction.objectStore('leads').put(lead);
    await complete(transaction);
  }
  const transaction = database.transaction(['leads', 'bases', 'outbox'], 'readwrite');
  for (let n = 0; n < pending; n += 1) {
    const at = n % editedLeads;
    const { lead, row } = edited(views[at] as Lead, { id: views[at]?.id ?? '', fields: { score: 1_000 + n } });
    views[at] = lead;
    transaction.objectStore('outbox').add(row);
  }
  for (const lead of bases) transaction.objectStore('bases').put({ id: lead.id, lead, etag: undefined });
  for (const lead of views) transaction.objectStore('leads').put(lead);
  await complete(transaction);
  database.close();
}

/** Of each table how many rows, and of the first lead every value that two contenders must agree on. */
async function stored(name: string): Promise<Facts> {
  const database = await openRaw(name);
  const transaction = database.transaction(Object.keys(layout.stores));
  const counts = await Promise.all(
    Object.keys(layout.stores).map(async (store) => {
      return [store, await result<number>(transaction.objectStore(store).count())] as const;
    }),
  );
  const [lead] = leadsOf(1);
  const [view, base, seqs] = await Promise.all([
    result<Lead | undefined>(transaction.objectStore('leads').get(lead?.id ?? '')),
    result<BaseRow | undefined>(transaction.objectStore('bases').get(lead?.id ?? '')),
    result<IDBValidKey[]>(transaction.objectStore('outbox').index('leadId').getAllKeys(lead?.id)),
  ]);
  database.close();
  return {
    ...Object.fromEntries(counts),
    ...{ score: scoreOf(view), 'score of the base': scoreOf(base?.lead), 'edits of the first lead': seqs.length },
  };
}

/** What the bench edits of a lead. */
export function scoreOf(lead: Lead | undefined): number | undefined {
  const score = lead?.properties?.score;
  return typeof score === 'number' ? score : undefined;
}

export function drop(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}
