import { describe, expect, it } from 'vitest';
import type { OutboxExport } from '../../../src/index.ts';
import { createSeededRandom } from '../../../src/testing/seeded-random.ts';
import { aLead, leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, allRows, soon, valuesOf } from '../../builders/a-leadbox.ts';
import { aRawDatabase } from '../../builders/a-raw-database.ts';

const id = leadId(0);
const stopped = { autoSync: false };

describe('R64 outbox.export and import', () => {
  it('lead to the same requests on another device', async () => {
    const { from, file } = await anExport();
    await from.leadbox.sync();
    const to = anotherDevice();
    const leadbox = await to.loadedTab(stopped);
    expect(await leadbox.outbox.import(file)).toEqual({ imported: 4, skipped: 0 });
    await leadbox.sync();
    expect(to.attempts.map(({ leadId: of, text }) => [of, text])).toEqual(
      from.device.attempts.map(({ leadId: of, text }) => [of, text]),
    );
    expect(to.api.lead(id)).toMatchObject({ properties: { a: 2, b: [1, null] }, summary: null });
  });

  it('take a file once: again, doubled, and after its edits were synced', async () => {
    const { file } = await anExport();
    const device = anotherDevice();
    const leadbox = await device.loadedTab(stopped);
    const doubled = { ...file, edits: [...file.edits, ...file.edits] };
    expect(await leadbox.outbox.import(doubled)).toEqual({ imported: 4, skipped: 4 });
    await leadbox.sync();
    const sent = device.attempts.length;
    expect(await leadbox.outbox.import(file)).toEqual({ imported: 0, skipped: 4 });
    await leadbox.close();
    const reloaded = device.tab(stopped);
    expect(await reloaded.outbox.import(file)).toEqual({ imported: 0, skipped: 4 });
    await reloaded.sync();
    expect(device.attempts).toHaveLength(sent);
  });

  it('take every edit of a long file once', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab(stopped);
    const file = aFile(Array.from({ length: 1_003 }, (_, index) => ({ properties: { a: index } })));
    expect(await leadbox.outbox.import(file)).toEqual({ imported: 1_003, skipped: 0 });
    expect(await leadbox.outbox.import(file)).toEqual({ imported: 0, skipped: 1_003 });
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ a: 1_002 });
  });

  it('take no edit again that still waits here, however long ago it came', async () => {
    const leadbox = await aDevice().loadedTab(stopped);
    const file = aFile(Array.from({ length: 1_003 }, (_, index) => ({ properties: { a: index } })));
    await leadbox.outbox.import(file);
    await leadbox.outbox.import(aFile([{ properties: { b: 1 } }], id, 'another'));
    expect(await leadbox.outbox.import(file)).toEqual({ imported: 0, skipped: 1_003 });
  });

  it('lead to the same requests also where what is cached is out of date', async () => {
    const { from, file } = await anExport();
    const to = anotherDevice();
    const leadbox = to.tab(stopped);
    await leadbox.load((await from.leadbox.find()).map((lead) => ({ ...lead, updated_at: aLead().updated_at })));
    await leadbox.outbox.import(file);
    await leadbox.sync();
    expect(to.api.lead(id)).toMatchObject({ properties: { a: 2, b: [1, null] }, company_id: leadId(9) });
    expect(to.api.lead(leadId(1))?.location).toMatchObject({ city: 'Bonn' });
  });

  it('skip what this device exported, also if it comes back by way of another one', async () => {
    const { from, file } = await anExport();
    const other = await anotherDevice().loadedTab(stopped);
    await other.outbox.import(file);
    const back = await other.outbox.export();
    expect(back.edits.map(({ id: of }) => of)).toEqual(file.edits.map(({ id: of }) => of));
    expect(await from.leadbox.outbox.import(back)).toEqual({ imported: 0, skipped: 4 });
  });

  it('keep parked edits parked, with why, to be decided there', async () => {
    const from = aDevice();
    const leadbox = await from.loadedTab(stopped);
    await leadbox.patch(id, { properties: { a: 'bad' } });
    from.intercept = () => Response.json({ message: 'Not this.' }, { status: 422 });
    await leadbox.sync();
    await leadbox.patch(id, { properties: { a: 'later' } });

    const to = anotherDevice();
    const other = await to.loadedTab(stopped);
    await other.outbox.import(JSON.parse(JSON.stringify(await leadbox.outbox.export())));
    const [parked] = await other.outbox.parked();
    expect(parked).toMatchObject({ reason: 'rejected', status: 422, message: 'Not this.' });
    expect((await other.get(id))?.lead.properties).toMatchObject({ a: 'later' });
    expect(await other.status()).toMatchObject({ pending: 1, parked: 1 });
    expect(await other.outbox.retry(parked?.seq ?? 0)).toMatchObject({ seq: 0, patch: {} });
  });

  it('keep what was typed last the last, also of parked edits one of which was tried again', async () => {
    const from = aDevice();
    const leadbox = await from.loadedTab({ ...stopped, coalesce: false });
    from.intercept = () => new Response('{}', { status: 422 });
    for (const a of ['typed', 'typed last']) await leadbox.patch(id, { properties: { a } });
    await leadbox.sync();
    const [first] = await leadbox.outbox.parked();
    await leadbox.outbox.retry(first?.seq ?? 0);

    const to = anotherDevice();
    const other = await to.loadedTab(stopped);
    await other.outbox.import(await leadbox.outbox.export());
    await other.outbox.retry((await other.outbox.parked())[0]?.seq ?? 0);
    await other.sync();
    expect(to.api.lead(id)?.properties).toMatchObject({ a: 'typed last' });
  });

  it('R53 hold no credential, and survive JSON', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ ...stopped, headers: { Authorization: 'Bearer secret' } });
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    await leadbox.patch(id, { properties: { a: 2 } });
    const file = await leadbox.outbox.export();
    expect(JSON.stringify(file)).not.toContain('secret');
    expect(JSON.parse(JSON.stringify(file))).toEqual(file);
    expect(file).toMatchObject({ format: 'leadbox-outbox', version: 1, exportedAt: '2025-01-15T12:00:00.000Z' });
  });

  it.each<[string, (file: OutboxExport) => unknown, readonly string[]]>([
    ['nothing', () => undefined, []],
    ['text', (file) => JSON.stringify(file), []],
    ['a foreign object', () => ({ leads: [] }), ['format']],
    ['a newer version', (file) => ({ ...file, version: 2 }), ['version']],
    ['a file without its edits', ({ edits, ...file }) => file, []],
    ['an edit cut off', (file) => withLast(file, { leadId: undefined }), ['3', 'leadId']],
    ['an id that is no UUID', (file) => withLast(file, { leadId: '../users' }), ['3', 'leadId']],
    ['a read-only field', (file) => withLast(file, { patch: { workspace_id: 'x' } }), ['3', 'patch']],
    ['a section that is a list', (file) => withLast(file, { patch: { summary: [] } }), ['3', 'patch', 'summary']],
    ['a hostile member', (file) => withLast(file, { patch: JSON.parse('{"__proto__":{"a":1}}') }), ['3', 'patch']],
    ['an unknown reason', (file) => withLast(file, { parked: { reason: 'mood' } }), ['3', 'parked', 'reason']],
    ['a date that is none', (file) => withLast(file, { madeAt: 'yesterday' }), ['3', 'madeAt']],
    ['what is no JSON', (file) => withLast(file, { patch: { summary: { a: Number.NaN } } }), ['3']],
  ])('refuse %s as a whole, with the path', async (_, change, path) => {
    const { file } = await anExport();
    const device = aDevice({ leads: someLeads(2) });
    const leadbox = await device.loadedTab(stopped);
    const before = await allRows(device.indexedDB);
    const error = await leadbox.outbox.import(change(file)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'invalid-import' });
    expect((error as { path: readonly string[] }).path.slice(0, path.length)).toEqual(path);
    expect(await allRows(device.indexedDB)).toEqual(before);
  });

  it('take of a parked edit what was checked, and nothing else that a file says', async () => {
    const leadbox = await aDevice().loadedTab(stopped);
    const patch = { properties: { a: 1 } };
    const more = { overtaken: 5, patch: 'torn', leadId: 'nobody', origin: 5, isRepair: true, conflicts: 'none' };
    const parked = { reason: 'rejected', status: 422, message: 'No.', ...more };
    await leadbox.outbox.import(withLast(aFile([patch]), { parked }));
    const [edit] = await leadbox.outbox.parked();
    expect(edit).toMatchObject({ leadId: id, patch, reason: 'rejected', status: 422, message: 'No.' });
    expect(edit).not.toHaveProperty('conflicts');
    await leadbox.patch(id, { properties: { since: 1 } });
    await leadbox.sync();
    expect(await leadbox.status()).toMatchObject({ pending: 0, parked: 1 });
    expect((await leadbox.outbox.export()).edits).toHaveLength(1);
  });

  it('take no edit again that waits here and came after others that were sent', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab(stopped);
    await leadbox.outbox.import(aFile(Array.from({ length: 900 }, (_, index) => ({ properties: { a: index } }))));
    await leadbox.sync();
    const waiting = aFile(
      Array.from({ length: 200 }, (_, index) => ({ properties: { b: index } })),
      id,
      'waiting',
    );
    await leadbox.outbox.import(waiting);
    await leadbox.outbox.import(aFile([{ properties: { c: 1 } }], id, 'another'));
    await leadbox.sync();
    expect(await leadbox.outbox.import(waiting)).toEqual({ imported: 0, skipped: 200 });
  });

  it('take hostile and deep members of a section as data', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab(stopped);
    const properties: object = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');
    await leadbox.outbox.import(aFile([{ properties }]));
    await leadbox.sync();
    expect(device.attempts[0]?.text).toBe(JSON.stringify({ properties }));
    expect(Object.hasOwn(device.api.lead(id)?.properties ?? {}, '__proto__')).toBe(true);
    expect({}).not.toHaveProperty('polluted');
  });

  it('move the rest of a device on which an edit cannot be read', async () => {
    const from = aDevice();
    const leadbox = await from.loadedTab(stopped);
    await leadbox.patch(id, { properties: { a: 1 } });
    const broken = await leadbox.patch(id, { properties: { b: 1 } });
    const raw = await aRawDatabase(from.indexedDB);
    await raw.change('outbox', broken.seq, { patch: 'torn' });
    raw.close();
    const file = await leadbox.outbox.export();
    const other = await anotherDevice().loadedTab(stopped);
    expect(await other.outbox.import(file)).toMatchObject({ imported: 1 });
    expect(await other.outbox.pending()).toMatchObject([{ patch: { properties: { a: 1 } } }]);
  });
});

describe('R64 an imported edit of a lead that is not here', () => {
  it('is pending, is sent once the lead was fetched, and shown from then on', async () => {
    const device = aDevice();
    const leadbox = device.tab(stopped);
    await leadbox.outbox.import(aFile([{ properties: { a: 1 } }, { properties: { b: 2 } }]));
    expect(await leadbox.status()).toMatchObject({ pending: 2, state: 'waiting' });
    expect(await leadbox.get(id)).toBeUndefined();
    expect(await leadbox.sync()).toMatchObject({ synced: 2, pending: 0 });
    expect(device.attempts.map(({ text }) => text)).toEqual(['{"properties":{"a":1,"b":2}}']);
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ a: 1, b: 2 });
  });

  it('lies over the lead as soon as it is loaded', async () => {
    const device = aDevice();
    const leadbox = device.tab(stopped);
    const views = valuesOf(leadbox.observe(id));
    await leadbox.outbox.import(aFile([{ properties: { a: 1 } }]));
    await leadbox.load([aLead()]);
    const state = await leadbox.get(id);
    expect(state).toMatchObject({ pending: 1, lead: { properties: { a: 1, industry: 'Technology' } } });
    expect(state?.server.properties).not.toHaveProperty('a');
    await expect.poll(() => views.at(-1)?.lead.properties, soon).toMatchObject({ a: 1 });
    await leadbox.patch(id, { properties: { b: 2 } });
    await leadbox.sync();
    expect(device.attempts.map(({ text }) => text)).toEqual(['{"properties":{"a":1,"b":2}}']);
  });

  it('lies over the lead while its request waits for a network', async () => {
    const device = aDevice();
    const leadbox = device.tab(stopped);
    await leadbox.outbox.import(aFile([{ properties: { a: 1 } }]));
    device.intercept = () => Promise.reject(new TypeError('Failed to fetch'));
    await leadbox.sync();
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ a: 1 });
  });

  it('is parked as gone where the server has no such lead; others go on', async () => {
    const device = aDevice({ leads: [aLead({ id: leadId(1) })] });
    const leadbox = device.tab(stopped);
    await leadbox.outbox.import(aFile([{ properties: { a: 1 } }]));
    await leadbox.outbox.import({ ...aFile([{ properties: { b: 1 } }], leadId(1), 'other') });
    expect(await leadbox.sync()).toMatchObject({ synced: 1, parked: 1, pending: 0 });
    expect(await leadbox.outbox.parked()).toMatchObject([{ leadId: id, reason: 'gone', status: 404 }]);
  });

  it('can be discarded', async () => {
    const device = aDevice();
    const leadbox = device.tab(stopped);
    await leadbox.outbox.import(aFile([{ properties: { a: 1 } }, { properties: { b: 2 } }]));
    const [first] = await leadbox.outbox.pending();
    await leadbox.outbox.discard(first?.seq ?? 0);
    expect(await leadbox.outbox.pending()).toMatchObject([{ patch: { properties: { b: 2 } } }]);
    await leadbox.sync();
    expect(device.attempts.map(({ text }) => text)).toEqual(['{"properties":{"b":2}}']);
  });

  it.each(['strict', 'per-lead'] as const)('keeps its place when the order is %s', async (ordering) => {
    const device = aDevice({ leads: someLeads(2) });
    const leadbox = device.tab({ ...stopped, ordering });
    await leadbox.load([aLead({ id: leadId(1) })]);
    await leadbox.outbox.import(aFile([{ properties: { a: 1 } }]));
    await leadbox.patch(leadId(1), { properties: { b: 1 } });
    device.api.next(503);
    await leadbox.sync();
    await leadbox.sync();
    expect(await leadbox.status()).toMatchObject({ pending: 0, state: 'synced' });
    const order = device.attempts.map(({ leadId: of }) => of);
    expect(order).toEqual(ordering === 'strict' ? [id, leadId(1)] : expect.arrayContaining([id, leadId(1)]));
  });
});

/** Devices differ in what they draw at random, and so in their names. */
const anotherDevice = () => aDevice({ leads: someLeads(2), random: createSeededRandom(2) });

async function anExport() {
  const device = aDevice({ leads: someLeads(2) });
  const leadbox = await device.loadedTab(stopped);
  await leadbox.patch(id, { properties: { a: 1, industry: null } });
  await leadbox.patch(leadId(1), { location: { city: 'Bonn' } });
  await leadbox.patch(id, { properties: { a: 2, b: [1, null] } });
  await leadbox.patch(id, { company_id: leadId(9) });
  return { from: { device, leadbox }, file: await leadbox.outbox.export() };
}

function aFile(patches: readonly object[], of = id, client = 'elsewhere'): OutboxExport {
  const edits = patches.map((patch, index) => ({
    ...{ id: `${client}:${index}`, leadId: of, madeAt: '2025-01-15T11:00:00.000Z' },
    patch: patch as OutboxExport['edits'][number]['patch'], // JSON in these tests
  }));
  return { format: 'leadbox-outbox', version: 1, exportedAt: '2025-01-15T11:30:00.000Z', edits };
}

function withLast(file: OutboxExport, changes: object): unknown {
  return { ...file, edits: [...file.edits.slice(0, -1), { ...file.edits.at(-1), ...changes }] };
}
