import { createLeadbox, type Lead } from '../../src/index.ts';
import { createSampleLeads } from '../../src/testing.ts';

/** What the bench calls in the page. All times are in milliseconds. */
export interface BenchPage {
  /** One bulk write of all leads by hand: one transaction, strict. */
  rawLoad(count: number): Promise<number>;
  /** The same leads through `load`, in a database of its own. */
  leadboxLoad(count: number): Promise<number>;
  /** `changes` of a lead with so many pending edits that do not share fields, the best of some calls. */
  changes(edits: number): Promise<number>;
  /** The longest task of the main thread since the last call. */
  longestTask(): number;
}

let longest = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
}).observe({ type: 'longtask', buffered: true });

const leadsOf = (count: number): Lead[] => {
  const leads = createSampleLeads(count);
  // To about 1 kB each.
  return leads.map((lead) => ({ ...lead, summary: { ...lead.summary, notes: 'x'.repeat(400) } }));
};

let databases = 0;
const newName = () => `bench-${Date.now()}-${++databases}`;
const done = (request: IDBRequest | IDBOpenDBRequest) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const bench: BenchPage = {
  async rawLoad(count) {
    const leads = leadsOf(count);
    const name = newName();
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('leads', { keyPath: 'id' });
    await done(opening);
    const database = opening.result;
    const start = performance.now();
    const transaction = database.transaction('leads', 'readwrite', { durability: 'strict' });
    const store = transaction.objectStore('leads');
    for (const lead of leads) store.put(lead);
    await new Promise((resolve) => {
      transaction.oncomplete = resolve;
    });
    const took = performance.now() - start;
    database.close();
    await done(indexedDB.deleteDatabase(name));
    return took;
  },
  async leadboxLoad(count) {
    const leads = leadsOf(count);
    const leadbox = createLeadbox({ name: newName(), autoSync: false, persist: false });
    await leadbox.find((table) => table.limit(1));
    longest = 0;
    const start = performance.now();
    await leadbox.load(leads);
    const took = performance.now() - start;
    await leadbox.signOut({ pending: 'discard' });
    return took;
  },
  async changes(edits) {
    const leadbox = createLeadbox({ name: newName(), autoSync: false, persist: false });
    const [lead] = leadsOf(1);
    if (!lead) throw new Error('There is no lead.');
    await leadbox.load([lead]);
    await Promise.all(
      Array.from({ length: edits }, (_, n) => leadbox.patch(lead.id, { properties: { [`f${n}`]: n } })),
    );
    const times: number[] = [];
    for (let run = 0; run < 20; run += 1) {
      const start = performance.now();
      const found = await leadbox.changes(lead.id);
      times.push(performance.now() - start);
      if (found.length !== edits) throw new Error(`There are ${found.length} changes, not ${edits}.`);
    }
    await leadbox.signOut({ pending: 'discard' });
    return times.sort((a, b) => a - b)[10] ?? 0;
  },
  longestTask() {
    const task = longest;
    longest = 0;
    return task;
  },
};
Object.assign(window, { bench });
