import { describe, expect, it, vi } from 'vitest';
import type { LeadboxEvent, LeadboxOptions } from '../../../src/index.ts';
import { aFailingStorage, aStorageToFail } from '../../builders/a-failing-storage.ts';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, soon, valuesOf } from '../../builders/a-leadbox.ts';

const id = leadId(0);

describe('R63 outbox.retry', () => {
  it('queues a parked edit again under a higher seq, and it is sent', async () => {
    const { leadbox, device, parked } = await aParkedEdit({ properties: { a: 'bad' } });
    device.intercept = undefined;
    const edit = await leadbox.outbox.retry(parked.seq);
    expect(edit.seq).toBeGreaterThan(parked.seq);
    expect(edit.patch).toEqual({ properties: { a: 'bad' } });
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ a: 'bad' });
    expect(await leadbox.outbox.parked()).toEqual([]);
    await leadbox.sync();
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 'bad' });
  });

  it('sends it as amended, by a draft that is changed in place', async () => {
    const { leadbox, device, parked } = await aParkedEdit({ properties: { a: 'bad', b: 2 } });
    const edit = await leadbox.outbox.retry(parked.seq, (draft) => {
      if (draft.properties) draft.properties.a = 'good';
    });
    expect(edit.patch).toEqual({ properties: { a: 'good', b: 2 } });
    await leadbox.sync();
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 'good', b: 2 });
  });

  it('leaves out what later edits set: pending, acknowledged, above and below', async () => {
    const { leadbox, device, parked } = await aParkedEdit({
      properties: { a: 'bad', b: 'bad', c: { x: 'bad', y: 'bad' }, d: 'bad' },
      location: { city: 'bad' },
      summary: { e: 'bad' },
    });
    await leadbox.patch(id, { properties: { a: 1 }, location: null });
    await leadbox.sync();
    await leadbox.patch(id, { properties: { c: { x: 2 } } });
    await leadbox.patch(id, { properties: { d: { deep: 3 } } });
    const edit = await leadbox.outbox.retry(parked.seq);
    expect(edit.patch).toEqual({ properties: { b: 'bad', c: { y: 'bad' } }, summary: { e: 'bad' } });
    device.intercept = undefined;
    await leadbox.sync();
    expect(device.api.lead(id)).toMatchObject({
      properties: { a: 1, b: 'bad', c: { x: 2, y: 'bad' }, d: { deep: 3 } },
      location: null,
      summary: { e: 'bad' },
    });
  });

  it('leaves out also what is set while room is made for it', async () => {
    const device = aDevice({ leads: someLeads(2) });
    let writes = Number.NEGATIVE_INFINITY;
    const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) => {
      if (mode !== 'readwrite' || !tables.includes('outbox')) return undefined;
      writes += 1;
      if (writes === 2) void leadbox.patch(id, { properties: { a: 'later' } }); // as room is being made
      return writes === 1 ? 'QuotaExceededError' : undefined;
    });
    const leadbox = await device.loadedTab({ autoSync: false, environment: { indexedDB } });
    await leadbox.patch(id, { properties: { a: 'bad', b: 1 } });
    device.api.next(422);
    await leadbox.sync();
    const [parked] = await leadbox.outbox.parked();
    writes = 0;
    const edit = await leadbox.outbox.retry(parked?.seq ?? 0);
    expect(edit.patch).toEqual({ properties: { b: 1 } });
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ a: 'later', b: 1 });
  });

  it.each<[string, readonly number[], boolean]>([
    ['in their order', [0, 1], false],
    ['the last one first', [1, 0], false],
    ['each sent before the next', [0, 1], true],
  ])('of two of the same field, %s, leaves what was typed last', async (_, order, isSentBetween) => {
    const device = aDevice();
    const options = { autoSync: false, checkBeforeSend: true, onConflict: () => 'ask' as const };
    const leadbox = await device.loadedTab(options);
    for (const a of ['typed', 'typed last']) await leadbox.patch(id, { properties: { a } });
    device.api.change(id, { properties: { a: 'theirs' } });
    await leadbox.sync();
    const parked = await leadbox.outbox.parked();
    for (const index of order) {
      await leadbox.outbox.retry(parked[index]?.seq ?? 0);
      if (isSentBetween) await leadbox.sync();
    }
    await leadbox.sync();
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 'typed last' });
    expect(await leadbox.status()).toMatchObject({ pending: 0, parked: 0 });
  });

  it('of two of the same field, the first one amended, leaves what was decided last', async () => {
    const { leadbox, device } = await aParkedEdit({ properties: { a: 'bad' } });
    await leadbox.patch(id, { properties: { a: 'bad too' } });
    await leadbox.sync();
    const [first, second] = await leadbox.outbox.parked();
    await leadbox.outbox.retry(first?.seq ?? 0, (draft) => void Object.assign(draft.properties ?? {}, { a: 'good' }));
    expect(await leadbox.outbox.retry(second?.seq ?? 0)).toMatchObject({ seq: 0 });
    await leadbox.sync();
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 'good' });
  });

  it('remembers what was acknowledged over a reload, and settles as unchanged if nothing is left', async () => {
    const { leadbox, device, parked } = await aParkedEdit({ properties: { a: 'bad' } });
    await leadbox.patch(id, { properties: { a: 'newer' } });
    await leadbox.sync();
    await leadbox.close();
    const reloaded = device.tab({ autoSync: false });
    const edit = await reloaded.outbox.retry(parked.seq);
    expect(edit).toMatchObject({ seq: 0, patch: {} });
    expect(await edit.settled).toEqual({ outcome: 'unchanged' });
    expect(await reloaded.status()).toMatchObject({ pending: 0, parked: 0, state: 'synced' });
  });

  it.each<[string, string, (draft: object) => void]>([
    ['is a promise', 'async-recipe', async () => {}],
    ['is returned', 'invalid-edit', () => ({ properties: { a: 'good' } })],
    ['is no JSON', 'not-json', (draft) => Object.assign(draft, { properties: { a: Number.NaN } })],
    ['is read-only', 'read-only-field', (draft) => Object.assign(draft, { id: 'x' })],
    ['is no section', 'invalid-edit', (draft) => Object.assign(draft, { properties: 'text' })],
  ])('refuses an amendment that %s, and the edit stays parked', async (_, code, amend) => {
    const { leadbox, parked } = await aParkedEdit({ properties: { a: 'bad' } });
    await expect(leadbox.outbox.retry(parked.seq, amend)).rejects.toMatchObject({ code });
    expect(await leadbox.outbox.parked()).toMatchObject([{ seq: parked.seq, patch: { properties: { a: 'bad' } } }]);
    expect(await leadbox.outbox.pending()).toEqual([]);
  });

  it('of an edit that is not parked is edit-not-found', async () => {
    const { leadbox, parked } = await aParkedEdit({ properties: { a: 'bad' } });
    const pending = await leadbox.patch(id, { properties: { z: 1 } });
    for (const seq of [pending.seq, parked.seq + 100, -1, Number.NaN]) {
      await expect(leadbox.outbox.retry(seq)).rejects.toMatchObject({ code: 'edit-not-found' });
    }
  });
});

describe('outbox.discard', () => {
  it('drops a pending edit; the view is what remains, in every tab', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ autoSync: false });
    const other = device.tab({ autoSync: false });
    const views = valuesOf(other.observe(id));
    const first = await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.patch(id, { properties: { b: 2 } });
    await leadbox.outbox.discard(first.seq);
    expect(await first.settled).toEqual({ outcome: 'discarded' });
    expect((await leadbox.get(id))?.lead.properties).not.toHaveProperty('a');
    await vi.waitFor(() => expect(views.at(-1)?.lead.properties).toMatchObject({ b: 2 }), soon);
    await vi.waitFor(() => expect(views.at(-1)?.lead.properties).not.toHaveProperty('a'), soon);
    await leadbox.sync();
    expect(device.attempts.map(({ text }) => text)).toEqual(['{"properties":{"b":2}}']);
  });

  it('R40 settles the edit as discarded in the tab that made it, also where it hears of it late', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ autoSync: false, environment: { channel: undefined } });
    const other = device.tab({ autoSync: false });
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    await other.outbox.discard(edit.seq);
    device.becomeVisible();
    expect(await edit.settled).toEqual({ outcome: 'discarded' });
  });

  it('drops a parked edit, and the last one leaves nothing to decide', async () => {
    const { leadbox, parked } = await aParkedEdit({ properties: { a: 'bad' } });
    await leadbox.outbox.discard(parked.seq);
    expect(await leadbox.status()).toMatchObject({ state: 'synced', parked: 0 });
    await expect(leadbox.outbox.discard(parked.seq)).rejects.toMatchObject({ code: 'edit-not-found' });
  });

  it('of an edit that was sent and has no answer is edit-in-flight, also after a reload', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ timeout: 1_000 });
    device.api.next('hang');
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    const later = await leadbox.patch(id, { properties: { b: 1 } });
    await expect(leadbox.outbox.discard(edit.seq)).rejects.toMatchObject({ code: 'edit-in-flight' });
    await leadbox.close();
    const reloaded = device.tab({ autoSync: false });
    await expect(reloaded.outbox.discard(edit.seq)).rejects.toMatchObject({ code: 'edit-in-flight' });
    await reloaded.outbox.discard(later.seq);
    await reloaded.sync();
    expect(await reloaded.status()).toMatchObject({ state: 'synced' });
    expect(device.api.lead(id)?.properties).not.toHaveProperty('b');
  });
});

describe('outbox.observe', () => {
  it('gives both lists at once and after every change, what is on its way among them', async () => {
    const { leadbox, device, parked } = await aParkedEdit({ properties: { a: 'bad' } });
    const lists = valuesOf(leadbox.outbox.observe());
    const ofOther = valuesOf(leadbox.outbox.observe(leadId(1)));
    await vi.waitFor(() => expect(lists.at(-1)?.parked).toMatchObject([{ seq: parked.seq }]), soon);
    device.api.next('hang');
    const edit = await leadbox.patch(id, { properties: { b: 1 } });
    await vi.waitFor(() => expect(lists.at(-1)?.pending).toMatchObject([{ seq: edit.seq, sent: false }]), soon);
    void leadbox.sync();
    await vi.waitFor(() => expect(lists.at(-1)?.pending).toMatchObject([{ seq: edit.seq, sent: true }]), soon);
    expect(ofOther).toEqual([{ pending: [], parked: [] }]);
    expect(Object.isFrozen(lists.at(-1)?.pending)).toBe(true);
  });
});

describe('R70 an edit older than maxAge', () => {
  const day = 86_400_000;

  it('is parked as stale with one event; newer ones of the lead go on', async () => {
    const { device, leadbox, events } = await aTab({ autoSync: false });
    const old = await leadbox.patch(id, { properties: { a: 1 } });
    device.clock.set(device.clock.now() + 31 * day);
    const fresh = await leadbox.patch(id, { properties: { b: 2 } });
    await leadbox.sync();
    expect(await old.settled).toMatchObject({ outcome: 'parked', edit: { reason: 'stale' } });
    expect(await fresh.settled).toMatchObject({ outcome: 'synced' });
    expect(device.attempts.map(({ text }) => text)).toEqual(['{"properties":{"b":2}}']);
    expect(events.filter(({ type }) => type === 'parked')).toEqual([
      { type: 'parked', leadId: id, seq: old.seq, reason: 'stale', status: undefined },
    ]);
    expect((await leadbox.get(id))?.lead.properties).not.toHaveProperty('a');
    const again = await leadbox.outbox.retry(old.seq);
    await leadbox.sync();
    expect(await again.settled).toMatchObject({ outcome: 'synced' });
  });

  it('is parked as well where the transaction in which that happens has to be repeated', async () => {
    const device = aDevice();
    const { indexedDB, fail, isToFail } = aStorageToFail(device.indexedDB, 'UnknownError');
    const leadbox = await device.loadedTab({ autoSync: false, environment: { indexedDB } });
    await leadbox.patch(id, { properties: { a: 1 } });
    device.clock.set(device.clock.now() + 31 * day);
    fail();
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 1 });
    expect(isToFail()).toBe(false);
  });

  it('is never parked once it was sent, alone or with others', async () => {
    const { device, leadbox } = await aTab({ autoSync: false, maxAge: day });
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.patch(id, { properties: { b: 'bad' } });
    device.api.next('network-error');
    await leadbox.sync();
    device.clock.set(device.clock.now() + 2 * day);
    // Now refused together, and taken apart: both were sent before.
    device.intercept = ({ text }) => (text.includes('bad') ? new Response('{}', { status: 422 }) : undefined);
    await leadbox.sync();
    expect(await leadbox.outbox.parked()).toMatchObject([{ patch: { properties: { b: 'bad' } }, reason: 'rejected' }]);
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 1 });
  });
});

async function aTab(options: LeadboxOptions) {
  const device = aDevice({ leads: someLeads(2) });
  const events: LeadboxEvent[] = [];
  const leadbox = await device.loadedTab({ ...options, onEvent: (event) => events.push(event) });
  return { device, leadbox, events };
}

/** A server that refuses what is bad, and an edit that it refused. */
async function aParkedEdit(patch: Parameters<Awaited<ReturnType<typeof aTab>>['leadbox']['patch']>[1]) {
  const { device, leadbox } = await aTab({ autoSync: false });
  device.intercept = ({ text }) => (text.includes('bad') ? new Response('{}', { status: 422 }) : undefined);
  await leadbox.patch(id, patch);
  await leadbox.sync();
  const [parked] = await leadbox.outbox.parked();
  if (!parked) throw new Error('The edit was not parked.');
  return { device, leadbox, parked };
}
