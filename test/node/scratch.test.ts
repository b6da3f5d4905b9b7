import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { expect, test } from 'vitest';
import { createLeadbox } from '../../src/index.ts';
import { createFakeLeadApi, createSampleLeads, createLocalLocks } from '../../src/testing.ts';

test('works end to end', async () => {
  const leads = createSampleLeads(5);
  const api = createFakeLeadApi({ leads });
  const events: unknown[] = [];
  const box = createLeadbox({ onEvent: e => events.push(e), environment: { indexedDB: new IDBFactory(), IDBKeyRange, fetch: api.fetch, locks: createLocalLocks() } });
  await box.pull();
  const id = leads[0]!.id as string;
  const seen: unknown[] = [];
  box.observe(id).subscribe({ next: s => seen.push([s?.lead.properties?.['status'], s?.pending]), error: e => seen.push(e) });
  const all: number[] = [];
  box.observeAll().subscribe({ next: s => all.push(s.length), error: e => all.push(e as never) });
  await expect.poll(() => seen.length).toBeGreaterThan(0);
  api.offline = true;
  const t = performance.now();
  const p = box.edit(id, d => { d.properties['status'] = 'xx'; });
  seen.push('returned');
  const e = await p;
  console.log(performance.now()-t, e, seen, all, await box.status());
  api.offline = false;
  console.log(await box.sync(), await e.settled, api.requests.length, api.lead(id)?.properties, seen);
  console.log(JSON.stringify(events), await box.outbox.pending());
  await box.close();
  console.log(await box.status());
});
