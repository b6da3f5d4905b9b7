import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice } from '../../builders/a-leadbox.ts';

type Rows = Readonly<Record<'leads' | 'bases' | 'outbox' | 'parked' | 'meta', readonly object[]>>;

// What a tab had stored when it was killed in the middle of a request: rows of format 1, as it wrote them.
const rows: Rows = JSON.parse(readFileSync(new URL('../../fixtures/format-1.json', import.meta.url), 'utf8'));

/** Writes the rows past the library. */
function write(indexedDB: IDBFactory): Promise<void> {
  const request = indexedDB.open('leadbox', 10_000); // format 1, without indexes; Dexie's numbers are ten times as high
  request.onupgradeneeded = () => {
    const stores = {
      leads: request.result.createObjectStore('leads', { keyPath: 'id' }),
      bases: request.result.createObjectStore('bases', { keyPath: 'id' }),
      outbox: request.result.createObjectStore('outbox', { keyPath: 'seq', autoIncrement: true }),
      parked: request.result.createObjectStore('parked', { keyPath: 'seq' }),
      meta: request.result.createObjectStore('meta', { keyPath: 'key' }),
    };
    for (const table of ['outbox', 'parked'] as const) stores[table].createIndex('leadId', 'leadId');
    for (const table of ['leads', 'bases', 'outbox', 'parked', 'meta'] as const) {
      for (const row of rows[table]) stores[table].put(row);
    }
  };
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
  });
}

const ids = [0, 1, 2].map(leadId) as [string, string, string]; // three of three

it('R50 a database of format 1 opens, shows its pending edits and drains: first the frozen batch, byte for byte', async () => {
  const device = aDevice({ leads: someLeads(3) });
  await write(device.indexedDB);
  const leadbox = device.tab({ autoSync: false });
  expect(await leadbox.get(ids[0])).toMatchObject({
    lead: { properties: { score: 91 }, location: { city: 'Reno' }, summary: { notes: 'Call again' } },
    server: { location: { city: 'San Francisco' }, summary: null },
    pending: 3,
  });
  expect(await leadbox.outbox.pending()).toMatchObject([
    { seq: 3, sent: true, patch: { properties: { score: 90 }, location: { city: 'Reno' } } },
    { seq: 4, sent: true, patch: { properties: { score: 91 } } },
    { seq: 5, sent: false, patch: { summary: { notes: 'Call again' } } },
  ]);
  expect(await leadbox.outbox.parked()).toMatchObject([
    { seq: 1, leadId: ids[2], reason: 'rejected', status: 422, patch: { properties: { score: 101 } } },
  ]);
  expect(await leadbox.status()).toMatchObject({ pending: 3, parked: 1 });

  await leadbox.sync();
  expect(device.attempts.map(({ text }) => text)).toEqual([
    '{"properties":{"score":91},"location":{"city":"Reno"}}',
    '{"summary":{"notes":"Call again"}}',
  ]);
  expect((await leadbox.get(ids[0]))?.lead).toEqual(device.api.lead(ids[0]));
  expect(await leadbox.status()).toMatchObject({ pending: 0, parked: 1 });
});

it('R17 a fence of format 1 stands, and places in the outbox go on from where they were', async () => {
  const device = aDevice({ leads: someLeads(3) });
  await write(device.indexedDB);
  const leadbox = device.tab();
  const edit = await leadbox.patch(ids[1], { summary: { notes: 'later' } });
  expect(edit.seq).toBe(6);
  const sent = () => device.attempts.filter(({ leadId: id }) => id === ids[1]);
  await device.clock.advance(34_000);
  expect(sent()).toEqual([]);
  await device.clock.advance(1_000);
  expect(sent().map(({ text }) => text)).toEqual(['{"summary":{"notes":"later"}}']);
  expect(await edit.settled).toMatchObject({ outcome: 'synced' });
});
