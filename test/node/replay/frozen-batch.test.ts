import { describe, expect, it, vi } from 'vitest';
import type { PendingEdit } from '../../../src/index.ts';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, type Device, soon } from '../../builders/a-leadbox.ts';

const id = leadId(0);
const options = { idempotencyHeader: 'Idempotency-Key' };

describe('R16 a batch keeps its bytes and its key until the server answers', () => {
  it.each(['network-error', 'lost-answer', 500, 503] as const)('on retry after %s', async (fault) => {
    const device = aDevice();
    device.api.next(fault);
    const leadbox = await device.loadedTab(options);
    const edit = await leadbox.patch(id, { properties: { a: 1 }, location: { city: 'Bonn' } });
    await device.untilNextAttempt(leadbox);
    await edit.settled;
    expectRepeated(device, 2);
  });

  it('when the answer was lost, and edits made meanwhile follow in a batch of their own', async () => {
    const device = aDevice({ idempotencyHeader: 'Idempotency-Key' });
    device.api.next('lost-answer', 2);
    const leadbox = await device.loadedTab(options);
    await leadbox.patch(id, { properties: { a: 1 } });
    await device.rest();
    await leadbox.patch(id, { properties: { a: 2, b: 2 } });
    await device.untilNextAttempt(leadbox);
    const last = await leadbox.patch(id, { properties: { c: 3 } });
    await device.untilNextAttempt(leadbox);
    await last.settled;
    expectRepeated(device, 3);
    expect(device.attempts.slice(3).map(({ body }) => body)).toEqual([{ properties: { a: 2, b: 2, c: 3 } }]);
    expect(keyOf(device, 3)).not.toBe(keyOf(device, 0));
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 2, b: 2, c: 3 });
  });

  it('after closing and opening again', async () => {
    const device = aDevice();
    const before = await device.loadedTab({ ...options, autoSync: false });
    await before.patch(id, { properties: { a: 1 } });
    await before.patch(id, { properties: { b: 1 } });
    device.api.next('lost-answer');
    await before.sync();
    await before.patch(id, { properties: { a: 2 } });
    await before.close();

    const after = device.tab({ ...options, autoSync: false });
    await after.patch(id, { properties: { b: 3 } });
    expect(await after.sync()).toMatchObject({ synced: 4, pending: 0 });
    expectRepeated(device, 2);
    expect(device.attempts[2]?.body).toEqual({ properties: { a: 2, b: 3 } });
    expect(device.attempts).toHaveLength(3);
  });

  it('when the page was closed while the request was under way', async () => {
    const device = aDevice();
    const before = await device.loadedTab(options);
    device.api.next('hang');
    await before.patch(id, { properties: { a: 1 } });
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    await before.close();

    const after = device.tab(options);
    await vi.waitFor(async () => expect(await after.status()).toMatchObject({ pending: 0 }), soon);
    expectRepeated(device, 2);
  });

  it('in another tab, which has other edits by now', async () => {
    const device = aDevice();
    const first = await device.loadedTab({ ...options, autoSync: false });
    const second = device.tab({ ...options, autoSync: false });
    await first.patch(id, { properties: { a: 1 } });
    device.api.next(500);
    await first.sync();
    await second.patch(id, { properties: { a: 2 } });
    expect(await second.sync()).toMatchObject({ synced: 2, pending: 0 });
    expectRepeated(device, 2);
    expect(device.attempts.map(({ text }) => text).at(-1)).toBe('{"properties":{"a":2}}');
  });

  it('with other options: how leads are ordered or folded is decided for new batches only', async () => {
    const device = aDevice();
    const before = await device.loadedTab({ autoSync: false });
    await before.patch(id, { properties: { a: 1 } });
    await before.patch(id, { properties: { b: 1 } });
    device.api.next(500);
    await before.sync();
    await before.close();
    const after = device.tab({ autoSync: false, coalesce: false, ordering: 'strict' });
    expect(await after.sync()).toMatchObject({ synced: 2 });
    expectRepeated(device, 2);
  });
});

it('R16 writes a batch to its rows before it sends it', async () => {
  const device = aDevice();
  const leadbox = await device.loadedTab({ autoSync: false });
  const witness = device.tab({ autoSync: false });
  await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.patch(id, { properties: { b: 1 } });
  expect((await witness.outbox.pending(id)).map((row) => row.sent)).toEqual([false, false]);
  let whenSent: readonly PendingEdit[] = [];
  device.intercept = async () => {
    whenSent = await witness.outbox.pending(id);
    return new Response('', { status: 500 });
  };
  await leadbox.sync();
  expect(whenSent.map((row) => row.sent)).toEqual([true, true]);
  await leadbox.patch(id, { properties: { c: 1 } });
  expect((await leadbox.outbox.pending()).map((row) => row.sent)).toEqual([true, true, false]);
});

it('R16 gives every batch a key of its own, in all tabs', async () => {
  const device = aDevice({ leads: someLeads(4) });
  const tabs = [await device.loadedTab({ ...options, autoSync: false }), device.tab({ ...options, autoSync: false })];
  for (let round = 0; round < 3; round += 1) {
    for (const tab of tabs) {
      for (let lead = 0; lead < 4; lead += 1) await tab.patch(leadId(lead), { properties: { round, lead } });
      await tab.patch(id, { properties: { round: `${round} again` } });
      await tab.sync();
    }
  }
  const keys = device.attempts.map(({ headers }) => headers.get('Idempotency-Key'));
  expect(keys.length).toBeGreaterThan(12);
  expect(keys.every((key) => key !== null && key.length > 8)).toBe(true);
  expect(new Set(keys).size).toBe(keys.length);
});

it('R16 gives single edits keys of their own after they were refused together', async () => {
  const device = aDevice();
  const leadbox = await device.loadedTab({ ...options, autoSync: false });
  await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.patch(id, { properties: { b: 1 } });
  device.api.next(422);
  expect(await leadbox.sync()).toMatchObject({ synced: 2, parked: 0 });
  expect(new Set(device.attempts.map(({ headers }) => headers.get('Idempotency-Key'))).size).toBe(3);
});

it('sends no idempotency header unless one is named', async () => {
  const device = aDevice();
  const leadbox = await device.loadedTab();
  const edit = await leadbox.patch(id, { properties: { a: 1 } });
  await edit.settled;
  const names = [...(device.attempts[0]?.headers.keys() ?? [])];
  expect(names.filter((name) => name.includes('idempotency'))).toEqual([]);
  expect(names).toContain('content-type');
});

it('R17 repeats a lost answer without applying it twice where the server knows the key', async () => {
  const device = aDevice({ idempotencyHeader: 'Idempotency-Key' });
  const leadbox = await device.loadedTab({ ...options, autoSync: false });
  await leadbox.patch(id, { properties: { a: 1 } });
  device.api.next('lost-answer');
  await leadbox.sync();
  const applied = device.api.lead(id)?.updated_at;
  await device.clock.advance(60_000);
  await leadbox.sync();
  expect(device.api.lead(id)?.updated_at).toBe(applied);
  expect(await leadbox.status()).toMatchObject({ state: 'synced' });
});

/** The first requests are one and the same, and no other has its key. */
function expectRepeated(device: Device, times: number): void {
  const texts = device.attempts.slice(0, times).map(({ text }) => text);
  const keys = device.attempts.map((_, index) => keyOf(device, index));
  expect(texts).toEqual(Array.from({ length: times }, () => texts[0]));
  expect(keys.slice(0, times)).toEqual(Array.from({ length: times }, () => keys[0]));
  expect(keys.slice(times)).not.toContain(keys[0] ?? 'no key');
}

function keyOf(device: Device, index: number): string | null {
  return device.attempts[index]?.headers.get('Idempotency-Key') ?? null;
}
