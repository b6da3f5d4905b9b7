import { describe, expect, it, vi } from 'vitest';
import type { Leadbox, LeadboxOptions } from '../../../src/index.ts';
import { createSeededRandom } from '../../../src/testing/seeded-random.ts';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, type Device, soon } from '../../builders/a-leadbox.ts';

describe('per lead', () => {
  it('R15 sends the edits of a lead in the order in which they were made, the oldest lead first', async () => {
    const { device, leadbox } = await aStoppedTab(3, { coalesce: false });
    await editInOrder(leadbox, [1, 0, 2, 1, 0, 1]);
    expect(await leadbox.sync()).toMatchObject({ synced: 6, pending: 0 });
    expect(sent(device, 0)).toEqual([2, 5]);
    expect(sent(device, 1)).toEqual([1, 4, 6]);
    expect(sent(device, 2)).toEqual([3]);
    expect(device.attempts[0]?.leadId).toBe(leadId(1));
    expect(device.api.lead(leadId(1))?.properties).toMatchObject({ n: 6 });
  });

  it('R13 sends waiting edits of a lead as one request', async () => {
    const { device, leadbox } = await aStoppedTab(1);
    await editInOrder(leadbox, [0, 0, 0, 0]);
    await leadbox.patch(leadId(0), { location: { city: 'Bonn' }, summary: null, company_id: leadId(7) });
    expect(await leadbox.sync()).toMatchObject({ synced: 5, pending: 0 });
    expect(bodies(device)).toEqual([
      { properties: { n: 4 }, location: { city: 'Bonn' }, summary: null, company_id: leadId(7) },
    ]);
  });

  it('R13 keeps two requests when an object follows a null', async () => {
    const { device, leadbox } = await aStoppedTab(1);
    await leadbox.patch(leadId(0), { properties: { industry: null, size: 1 } });
    await leadbox.patch(leadId(0), { properties: { industry: { name: 'IT' } } });
    await leadbox.patch(leadId(0), { properties: { industry: { code: 7 } } });
    await leadbox.sync();
    expect(bodies(device)).toEqual([
      { properties: { industry: null, size: 1 } },
      { properties: { industry: { name: 'IT', code: 7 } } },
    ]);
    expect(device.api.lead(leadId(0))?.properties).toEqual({
      ...{ company_size: '50-100', size: 1, industry: { name: 'IT', code: 7 } },
    });
  });

  it('R13 keeps two requests when an object follows a cleared section', async () => {
    const { device, leadbox } = await aStoppedTab(1);
    await leadbox.edit(leadId(0), (draft) => {
      draft.properties = null;
    });
    await leadbox.edit(leadId(0), (draft) => {
      draft.properties.status = 'new';
    });
    await leadbox.sync();
    expect(bodies(device)).toEqual([{ properties: null }, { properties: { status: 'new' } }]);
    expect(device.api.lead(leadId(0))?.properties).toEqual({ status: 'new' });
    expect((await leadbox.get(leadId(0)))?.lead.properties).toEqual({ status: 'new' });
  });

  it('sends every edit on its own with coalesce: false', async () => {
    const { device, leadbox } = await aStoppedTab(1, { coalesce: false });
    await editInOrder(leadbox, [0, 0, 0]);
    await leadbox.sync();
    expect(sent(device, 0)).toEqual([1, 2, 3]);
  });

  it('R15 never has two requests of one lead open, and several leads only as many as allowed', async () => {
    const { device, leadbox } = await aStoppedTab(6, { concurrency: 3, coalesce: false });
    device.api.latency = 200;
    const random = createSeededRandom(7);
    await editInOrder(
      leadbox,
      Array.from({ length: 40 }, () => Math.floor(random() * 6)),
    );
    const done = leadbox.sync();
    while (device.attempts.length < 40) await device.clock.advance(100);
    await device.clock.advance(1_000);
    expect(await done).toMatchObject({ synced: 40, pending: 0 });
    expect(device.mostOpen).toEqual({ all: 3, ofOneLead: 1 });
    for (let lead = 0; lead < 6; lead += 1) expectSorted(sent(device, lead));
  });

  it('R15 has one request open by default', async () => {
    const { device, leadbox } = await aStoppedTab(4);
    device.api.latency = 50;
    await editInOrder(leadbox, [0, 1, 2, 3]);
    const done = leadbox.sync();
    await device.clock.advance(1_000);
    expect(await done).toMatchObject({ synced: 4 });
    expect(device.mostOpen.all).toBe(1);
  });

  it.each([1, 3])('R15 lets other leads go on while one keeps failing, with concurrency %i', async (concurrency) => {
    const { device, leadbox } = await aStoppedTab(4, { concurrency, coalesce: false });
    device.intercept = ({ leadId: id }) => (id === leadId(0) ? new Response('', { status: 500 }) : undefined);
    await editInOrder(leadbox, [0, 1, 2, 3, 0, 1, 2, 3]);
    expect(await leadbox.sync()).toMatchObject({ synced: 6, pending: 2 });
    expect(sent(device, 0)).toEqual([1]);
    expect([1, 2, 3].map((lead) => sent(device, lead))).toEqual([
      [2, 6],
      [3, 7],
      [4, 8],
    ]);
    device.intercept = undefined;
    expect(await leadbox.sync()).toMatchObject({ synced: 2, pending: 0 });
  });

  it('R15 takes in answers that come back in another order than their requests went out', async () => {
    const { device, leadbox } = await aStoppedTab(3, { concurrency: 3 });
    const delays: Record<string, number> = { [leadId(0)]: 300, [leadId(1)]: 200, [leadId(2)]: 100 };
    const forward = device.api.fetch;
    device.intercept = async (attempt) => {
      await new Promise<void>((resolve) => device.clock.setTimeout(resolve, delays[attempt.leadId] ?? 0));
      return forward(`/api/v1/leads/${attempt.leadId}`, { method: 'PATCH', body: attempt.text });
    };
    await editInOrder(leadbox, [0, 1, 2]);
    const done = leadbox.sync();
    await device.clock.advance(1_000);
    expect(await done).toMatchObject({ synced: 3, pending: 0 });
    expect(device.mostOpen.all).toBe(3);
  });

  it('R14 keeps the order of edits when the clock is set back between them', async () => {
    const { device, leadbox } = await aStoppedTab(1, { coalesce: false });
    const first = await leadbox.patch(leadId(0), { properties: { n: 1 } });
    device.clock.set(Date.UTC(2001, 0, 1));
    const second = await leadbox.patch(leadId(0), { properties: { n: 2 } });
    expect(second.seq).toBeGreaterThan(first.seq);
    await leadbox.sync();
    expect(sent(device, 0)).toEqual([1, 2]);
  });

  it('R14 orders the edits of two tabs by their place in the outbox', async () => {
    const { device, leadbox } = await aStoppedTab(1, { coalesce: false });
    const other = device.tab({ autoSync: false });
    await leadbox.patch(leadId(0), { properties: { n: 1 } });
    await other.patch(leadId(0), { properties: { n: 2 } });
    await leadbox.patch(leadId(0), { properties: { n: 3 } });
    await leadbox.sync();
    expect(sent(device, 0)).toEqual([1, 2, 3]);
    expect((await other.get(leadId(0)))?.lead.properties).toMatchObject({ n: 3 });
  });
});

describe("ordering 'strict'", () => {
  it('R15 lets nothing overtake and folds neighbours only', async () => {
    const { device, leadbox } = await aStoppedTab(3, { ordering: 'strict' });
    await editInOrder(leadbox, [0, 0, 1, 0, 2, 2, 2, 1]);
    await leadbox.sync();
    expect(inOrder(device)).toEqual([
      [0, 2],
      [1, 3],
      [0, 4],
      [2, 7],
      [1, 8],
    ]);
  });

  it('R15 sends every edit in one global order with coalesce: false', async () => {
    const { device, leadbox } = await aStoppedTab(3, { ordering: 'strict', coalesce: false });
    const order = [2, 0, 1, 1, 0, 2, 2];
    await editInOrder(leadbox, order);
    await leadbox.sync();
    expect(inOrder(device)).toEqual(order.map((lead, index) => [lead, index + 1]));
    expect(device.mostOpen.all).toBe(1);
  });

  it('R15 sends nothing else while the first edit fails', async () => {
    const { device, leadbox } = await aStoppedTab(2, { ordering: 'strict' });
    await editInOrder(leadbox, [0, 1, 0]);
    device.api.next(500, 3);
    expect(await leadbox.sync()).toMatchObject({ synced: 0, pending: 3 });
    expect(await leadbox.sync()).toMatchObject({ synced: 0, pending: 3 });
    expect(await leadbox.sync()).toMatchObject({ synced: 0, pending: 3 });
    expect(inOrder(device)).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    expect(await leadbox.sync()).toMatchObject({ synced: 3, pending: 0 });
    expect(inOrder(device).slice(3)).toEqual([
      [0, 1],
      [1, 2],
      [0, 3],
    ]);
  });

  it('R15 lets nothing overtake where one lead has more than a thousand edits in a row', async () => {
    const { device, leadbox } = await aStoppedTab(2, { ordering: 'strict' });
    const many = Array.from({ length: 1_500 }, (_, index) =>
      leadbox.patch(leadId(0), { properties: { n: index + 1 } }),
    );
    await Promise.all(many);
    await leadbox.patch(leadId(1), { properties: { n: 1_501 } });
    await leadbox.patch(leadId(0), { properties: { n: 1_502 } });
    expect(await leadbox.sync()).toMatchObject({ synced: 1_502, pending: 0 });
    expect(inOrder(device).slice(-3)).toEqual([
      [0, 1_500],
      [1, 1_501],
      [0, 1_502],
    ]);
  });

  it('R15 lets nothing overtake where the first edit of a lead is too old to be sent', async () => {
    const { device, leadbox } = await aStoppedTab(2, { ordering: 'strict' });
    await editInOrder(leadbox, [0]);
    device.clock.set(device.clock.now() + 31 * 86_400_000);
    await leadbox.patch(leadId(1), { properties: { n: 2 } });
    await leadbox.patch(leadId(0), { properties: { n: 3 } });
    expect(await leadbox.sync()).toMatchObject({ synced: 2, pending: 0, parked: 1 });
    expect(inOrder(device)).toEqual([
      [1, 2],
      [0, 3],
    ]);
  });

  it('R15 goes on with the next edit when one is parked', async () => {
    const { device, leadbox } = await aStoppedTab(2, { ordering: 'strict' });
    await editInOrder(leadbox, [0, 1, 0]);
    device.api.next(422);
    expect(await leadbox.sync()).toMatchObject({ synced: 2, pending: 0, parked: 1 });
    expect(inOrder(device)).toEqual([
      [0, 1],
      [1, 2],
      [0, 3],
    ]);
  });
});

describe('without being asked', () => {
  it('R61 sends an edit as soon as it is stored', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    const edit = await leadbox.patch(leadId(0), { properties: { n: 1 } });
    expect(await edit.settled).toMatchObject({ outcome: 'synced', lead: { properties: { n: 1 } } });
    expect(await leadbox.status()).toMatchObject({ state: 'synced', pending: 0, parked: 0 });
  });

  it('R61 sends what an earlier page left', async () => {
    const device = aDevice();
    const before = await device.loadedTab({ autoSync: false });
    await before.patch(leadId(0), { properties: { n: 1 } });
    await before.close();
    expect(device.attempts).toEqual([]);
    const leadbox = device.tab();
    await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ state: 'synced' }), soon);
    expect(device.api.lead(leadId(0))?.properties).toMatchObject({ n: 1 });
  });

  it('R18 keeps up with edits that are made while requests are under way', async () => {
    const device = aDevice();
    device.api.latency = 100;
    const leadbox = await device.loadedTab();
    for (let n = 1; n <= 20; n += 1) {
      await leadbox.patch(leadId(0), { properties: { n } });
      await device.clock.advance(30);
    }
    await device.clock.advance(1_000);
    expect(await leadbox.status()).toMatchObject({ state: 'synced' });
    expectSorted(sent(device, 0));
    expect(device.attempts.length).toBeLessThan(15);
    expect(device.api.lead(leadId(0))?.properties).toMatchObject({ n: 20 });
  });
});

async function aStoppedTab(leads: number, options: LeadboxOptions = {}): Promise<{ device: Device; leadbox: Leadbox }> {
  const device = aDevice({ leads: someLeads(leads) });
  return { device, leadbox: await device.loadedTab({ autoSync: false, ...options }) };
}

/** Makes one edit after the other, each setting `n` to its place, from 1. */
async function editInOrder(leadbox: Leadbox, leads: readonly number[]): Promise<void> {
  for (const [index, lead] of leads.entries()) await leadbox.patch(leadId(lead), { properties: { n: index + 1 } });
}

function bodies(device: Device): unknown[] {
  return device.attempts.map(({ body }) => body);
}

/** The `n` of each request of a lead, in the order of sending. */
function sent(device: Device, lead: number): number[] {
  return inOrder(device).flatMap(([index, n]) => (index === lead ? n : []));
}

/** Lead and `n` of each request, in the order of sending. */
function inOrder(device: Device): [lead: number, n: number][] {
  return device.attempts.map(({ leadId: id, body }) => [
    someLeads(10).findIndex((lead) => lead.id === id),
    (body as { properties: { n: number } }).properties.n,
  ]);
}

function expectSorted(numbers: readonly number[]): void {
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
}
