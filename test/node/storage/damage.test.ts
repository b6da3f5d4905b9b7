import { describe, expect, it } from 'vitest';
import type { LeadboxEvent } from '../../../src/index.ts';
import { aLead, leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, valuesOf } from '../../builders/a-leadbox.ts';
import { aRawDatabase, type RawDatabase } from '../../builders/a-raw-database.ts';

const id = leadId(0);
const other = leadId(1);
const patch = { properties: { a: 1 } };
const later = { properties: { b: 2 } };
const stopped = { autoSync: false };

/** Two edits of one lead (seq 1 and 2) and one of another (seq 3), then the damage. */
async function aDamagedDevice(damage: (raw: RawDatabase) => Promise<void>) {
  const device = aDevice({ leads: someLeads(2) });
  const events: LeadboxEvent[] = [];
  const leadbox = await device.loadedTab({
    ...stopped,
    sections: 'merge',
    onEvent: (event) => void events.push(event),
  });
  const edits = [await leadbox.patch(id, patch), await leadbox.patch(id, later), await leadbox.patch(other, patch)];
  const raw = await aRawDatabase(device.indexedDB);
  await damage(raw);
  raw.close();
  const parkings = () => events.filter(({ type }) => type === 'parked');
  return { device, leadbox, edits, parkings };
}

describe('R49 an edit that cannot be read is parked, once, and everything else goes on:', () => {
  it.each<[string, (raw: RawDatabase) => Promise<void>]>([
    ['its patch is missing', (raw) => raw.change('outbox', 1, { patch: undefined })],
    ['its patch is no object', (raw) => raw.change('outbox', 1, { patch: 'a' })],
    ['its patch names what cannot be edited', (raw) => raw.change('outbox', 1, { patch: { code: 'x' } })],
    ['a section of its patch is none', (raw) => raw.change('outbox', 1, { patch: { properties: 7 } })],
    ['it says not when it was made', (raw) => raw.change('outbox', 1, { madeAt: undefined })],
  ])('%s', async (_, damage) => {
    const { device, leadbox, parkings } = await aDamagedDevice(damage);
    const seen = valuesOf(leadbox.observe(id));
    await device.rest();
    expect(await leadbox.sync()).toMatchObject({ synced: 2, pending: 0, parked: 1 });
    await leadbox.sync();
    expect(parkings()).toEqual([{ type: 'parked', leadId: id, seq: 1, reason: 'unreadable' }]);
    expect(await leadbox.outbox.parked()).toMatchObject([{ seq: 1, reason: 'unreadable' }]);
    expect(device.attempts.map(({ body }) => body)).toEqual([later, patch]);
    const view = { lead: { properties: { b: 2 } }, pending: 0, parked: 1 };
    expect(await leadbox.get(id)).toMatchObject(view);
    expect((await leadbox.get(id))?.lead.properties).not.toHaveProperty('a');
    await device.rest();
    expect(seen.at(-1)).toMatchObject(view);
  });

  it.each<[string, unknown]>([
    ['is missing', undefined],
    ['is no id', 'someone'],
    ['is a number', 7],
  ])('its lead %s', async (_, wrong) => {
    const { device, leadbox, parkings } = await aDamagedDevice((raw) => raw.change('outbox', 1, { leadId: wrong }));
    expect(await leadbox.sync()).toMatchObject({ synced: 2, pending: 0, parked: 1 });
    expect(parkings()).toMatchObject([{ seq: 1, reason: 'unreadable' }]);
    expect(device.attempts).toHaveLength(2);
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ b: 2 });
    expect(await leadbox.status()).toMatchObject({ state: 'waiting', waitingFor: 'decision' });
  });

  it.each([
    { patch: undefined, replaced: undefined },
    { patch: 'torn', replaced: undefined },
    { patch: null, replaced: undefined },
    { replaced: 'torn' },
  ])('it holds %j: discarded before it was met, it is gone', async (torn) => {
    const { leadbox } = await aDamagedDevice((raw) => raw.change('outbox', 1, torn));
    await leadbox.outbox.discard(1);
    expect(await leadbox.sync()).toMatchObject({ synced: 2, pending: 0, parked: 0 });
  });

  it.each([undefined, 'torn'])(
    'its patch is %s: what the others change is told, and it stays until it is amended or discarded',
    async (torn) => {
      const { leadbox } = await aDamagedDevice((raw) => raw.change('outbox', 1, { patch: torn }));
      const b = { path: ['properties', 'b'], mine: 2, state: 'pending', seqs: [2], server: undefined };
      expect(await leadbox.changes(id)).toEqual([b]);
      await leadbox.sync();
      expect(await leadbox.changes(id)).toEqual([]);
      await expect(leadbox.outbox.retry(1)).rejects.toMatchObject({ code: 'invalid-edit' });
      expect(await leadbox.outbox.parked()).toMatchObject([{ seq: 1, reason: 'unreadable' }]);
      const amended = await leadbox.outbox.retry(1, (draft) => void Object.assign(draft, patch));
      await leadbox.sync();
      expect(await amended.settled).toMatchObject({ outcome: 'synced', lead: patch });
      expect(await leadbox.status()).toMatchObject({ parked: 0 });
    },
  );

  it('its patch is torn, while a newer lead is loaded: that is shown', async () => {
    const { device, leadbox } = await aDamagedDevice((raw) => raw.change('outbox', 3, { patch: 'torn' }));
    device.api.change(other, { properties: { a: 'theirs' } });
    await leadbox.load(device.api.leads());
    expect(await leadbox.get(other)).toMatchObject({ lead: { properties: { a: 'theirs' } }, parked: 1 });
  });

  it('its lead is one that neither the device nor the server has', async () => {
    const { leadbox, parkings } = await aDamagedDevice((raw) => raw.change('outbox', 1, { leadId: leadId(9) }));
    expect(await leadbox.sync()).toMatchObject({ synced: 2, pending: 0, parked: 1 });
    expect(parkings()).toMatchObject([{ seq: 1, leadId: leadId(9), reason: 'gone', status: 404 }]);
  });

  it('also with a strict order', async () => {
    const { device, leadbox } = await aDamagedDevice(async (raw) => {
      await raw.change('outbox', 1, { patch: 'a' });
      await raw.change('outbox', 2, { leadId: 7 });
    });
    await leadbox.close();
    const strict = device.tab({ ...stopped, ordering: 'strict' });
    expect(await strict.sync()).toMatchObject({ synced: 1, pending: 0, parked: 2 });
  });

  it('all of hundreds at the end of the outbox', async () => {
    const { leadbox } = await aDamagedDevice(async (raw) => {
      const broken = { leadId: leadId(9), patch: 'a', madeAt: '2025-01-15T12:00:00Z' };
      for (let seq = 10; seq < 260; seq += 1) await raw.put('outbox', { ...broken, seq });
    });
    expect(await leadbox.sync()).toMatchObject({ synced: 3, pending: 0, parked: 250 });
  });

  it('observers see it at once, and its promise ends', async () => {
    const { device, leadbox, edits } = await aDamagedDevice(async (raw) => {
      for (const seq of [1, 2]) await raw.change('outbox', seq, { patch: 'a' });
    });
    const seen = valuesOf(leadbox.observe(id));
    const elsewhere = valuesOf(device.tab(stopped).observe(id));
    await device.rest();
    await leadbox.sync();
    await device.rest();
    for (const view of [seen, elsewhere]) {
      expect(view.at(-1)).toMatchObject({ lead: { properties: aLead().properties }, pending: 0, parked: 2 });
      expect(view.at(-1)?.lead.properties).not.toHaveProperty('b');
    }
    expect(await Promise.race([edits[0]?.settled, device.rest()])).toMatchObject({ outcome: 'parked' });
  });

  it('when its lead is loaded meanwhile, and its promise ends', async () => {
    const { device, leadbox, edits, parkings } = await aDamagedDevice((raw) => raw.change('outbox', 1, { patch: 'a' }));
    await leadbox.load([aLead({ updated_at: '2025-02-01T00:00:00Z', properties: { c: 3 } })]);
    expect(parkings()).toHaveLength(1);
    expect((await leadbox.get(id))?.lead.properties).toEqual({ c: 3, b: 2 });
    expect(await Promise.race([edits[0]?.settled, device.rest()])).toMatchObject({ outcome: 'parked' });
    expect(await leadbox.sync()).toMatchObject({ synced: 2, parked: 1 });
  });
});

describe('R49 a base that cannot be read', () => {
  it.each<[string, (raw: RawDatabase) => Promise<void>]>([
    ['because it is missing', (raw) => raw.delete('bases', id)],
    ['because its lead is missing', (raw) => raw.change('bases', id, { lead: undefined })],
    ['because its lead is none', (raw) => raw.change('bases', id, { lead: { id } })],
  ])('%s is taken from the view', async (_, damage) => {
    const { device, leadbox, parkings } = await aDamagedDevice(damage);
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ a: 1, b: 2 });
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 0 });
    expect(parkings()).toEqual([]);
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 1, b: 2 });
  });

  it('is mended by the next edit', async () => {
    const { device, leadbox } = await aDamagedDevice((raw) => raw.delete('bases', id));
    await leadbox.patch(id, { properties: { c: 3 } });
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 0 });
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 1, b: 2, c: 3 });
  });

  it('nor its view, is fetched before the edits are sent', async () => {
    const { device, leadbox, parkings } = await aDamagedDevice(async (raw) => {
      await raw.delete('bases', id);
      await raw.change('leads', id, { properties: 7 });
    });
    expect(await leadbox.sync()).toMatchObject({ synced: 3, pending: 0, parked: 0 });
    expect(parkings()).toEqual([]);
    expect((await leadbox.get(id))?.lead).toEqual(device.api.lead(id));
  });
});

describe('R49 a batch that cannot be read', () => {
  it.each<[string, object | string]>([
    ['is no object', 'batch'],
    ['has no id', { id: undefined }],
    ['has a body that is no JSON', { body: '{' }],
    ['has a body that is no patch', { body: '{"code":"x"}' }],
    ['is of another lead', { leadId: other }],
  ])('because it %s is frozen anew', async (_, damage) => {
    const device = aDevice({ leads: someLeads(2) });
    const leadbox = await device.loadedTab(stopped);
    await leadbox.patch(id, patch);
    device.api.next(503);
    await leadbox.sync();
    const raw = await aRawDatabase(device.indexedDB);
    const [row] = (await raw.all('bases')) as { batch: object }[];
    await raw.change('bases', id, { batch: typeof damage === 'string' ? damage : { ...row?.batch, ...damage } });
    raw.close();
    expect(await leadbox.outbox.pending()).toHaveLength(1);
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0, parked: 0 });
    expect(device.attempts.map(({ leadId: to, body }) => [to, body])).toEqual([
      [id, patch],
      [id, patch],
    ]);
  });
});

describe('R49 fences that cannot be read', () => {
  it.each<[string, unknown]>([
    ['are no list', 'x'],
    ['have no paths', [{ leadId: id, until: 9e15 }]],
    ['have no end', [{ leadId: id, paths: [[]], until: 'never' }]],
    ['are nothing', [null]],
  ])('because they %s hold nothing back', async (_, fences) => {
    const { leadbox } = await aDamagedDevice((raw) => raw.put('meta', { key: 'fences', fences }));
    expect(await leadbox.sync()).toMatchObject({ synced: 3, pending: 0 });
  });

  it('nor does a lease', async () => {
    for (const lease of ['x', { holder: 'x' }, { holder: 'x', until: 'never' }, null]) {
      const { device, leadbox } = await aDamagedDevice((raw) => raw.put('meta', { key: 'lease', lease }));
      await leadbox.close();
      const insecure = device.tab({ ...stopped, environment: { locks: undefined } });
      expect(await insecure.sync()).toMatchObject({ synced: 3, pending: 0 });
    }
  });
});

describe('R49 a view that cannot be read', () => {
  it('counts as not cached while nothing is pending, and can be fetched anew', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    const raw = await aRawDatabase(device.indexedDB);
    await raw.change('leads', id, { properties: 7 });
    raw.close();
    expect(await leadbox.get(id)).toBeUndefined();
    await expect(leadbox.patch(id, patch)).rejects.toMatchObject({ code: 'lead-not-cached' });
    await leadbox.refresh(id);
    expect(await (await leadbox.patch(id, patch)).settled).toMatchObject({ outcome: 'synced' });
  });

  it('is right again after a drain', async () => {
    const { leadbox } = await aDamagedDevice((raw) => raw.change('leads', id, { updated_at: undefined }));
    expect(await leadbox.sync()).toMatchObject({ synced: 3, parked: 0 });
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ a: 1, b: 2 });
  });
});

describe('R49 a replay memory that makes no sense', () => {
  it.each([
    ['a word', 'soon'],
    ['waits that are no numbers', { leads: { [id]: { failures: 'x' } } }],
    ['a hold without an end', { leads: {}, hold: { failures: 1, since: 0, until: Number.NaN, why: 'retry' } }],
  ])('is forgotten: %s', async (_, state) => {
    const { device, leadbox } = await aDamagedDevice(async () => {});
    await leadbox.sync().then(() => leadbox.patch(id, { properties: { c: 3 } }));
    const raw = await aRawDatabase(device.indexedDB, 'leadbox-replay:leadbox');
    await raw.put('memory', state, 'state');
    await raw.put('memory', 'perhaps', 'isPaused');
    await raw.put('memory', 'perhaps', 'isSignedOut');
    raw.close();
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
  });
});
