import type { Lead } from '../../../src/model/lead.ts';
import type { BaseRow } from '../../../src/storage/rows.ts';
import { createSampleLeads } from '../../../src/testing/sample-leads.ts';
import { edited, layout } from '../contenders/by-hand.ts';
import { complete, openRaw, result } from '../contenders/raw.ts';
import type { Size } from '../rows/row.ts';

/** Leads of about 1 kB, the same each time; fewer are the first of more. */
export function leadsOf(count: number): readonly Lead[] {
  const notes = 'x'.repeat(400);
  return createSampleLeads(count).map((lead) => ({ ...lead, summary: { ...lead.summary, notes } }));
}

/** Makes a database for whichever contender, without any of them. */
export async function fill(name: string, { leads: count, pending, editedLeads }: Size): Promise<void> {
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

/** What a contender left: of each table how many rows, and every row that two of them must agree on, as one text. */
export async function stored(name: string): Promise<string> {
  const database = await openRaw(name);
  const transaction = database.transaction(Object.keys(layout.stores));
  const counts = await Promise.all(
    Object.keys(layout.stores).map(async (store) => {
      const count = await result<number>(transaction.objectStore(store).count());
      return `${count} ${store}`;
    }),
  );
  const [lead] = leadsOf(1);
  const [view, base, seqs] = await Promise.all([
    result<Lead | undefined>(transaction.objectStore('leads').get(lead?.id ?? '')),
    result<BaseRow | undefined>(transaction.objectStore('bases').get(lead?.id ?? '')),
    result<IDBValidKey[]>(transaction.objectStore('outbox').index('leadId').getAllKeys(lead?.id)),
  ]);
  database.close();
  const first = { score: view?.properties?.score, base: base?.lead.properties?.score, seqs: seqs.length };
  return `${counts.join(', ')}; first lead ${JSON.stringify(first)}`;
}
