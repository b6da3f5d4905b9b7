import { describe, expect, it, vi } from 'vitest';
import type { Conflict, JsonObject, LeadboxOptions } from '../../../src/index.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice, soon } from '../../builders/a-leadbox.ts';

const id = leadId(0);

describe('R35 fields that nobody here touched come from the server', () => {
  it('at once, and fields with pending edits stay the user’s', async () => {
    const { device, leadbox } = await aTab({ a: 0, b: 0 });
    await leadbox.patch(id, { properties: { a: 'mine' } });
    device.api.change(id, { properties: { a: 'theirs', b: 'theirs' } });
    expect(await leadbox.refresh(id)).toMatchObject({
      lead: { properties: { a: 'mine', b: 'theirs' } },
      server: { properties: { a: 'theirs', b: 'theirs' } },
    });
  });
});

describe('R36 with checkBeforeSend', () => {
  it('the lead is fetched right before its PATCH', async () => {
    const { device, leadbox } = await aTab({ a: 0 });
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    expect(device.api.requests.map(({ method }) => method)).toEqual(['GET', 'PATCH']);
  });

  it.each<[string, JsonObject, JsonObject, JsonObject]>([
    ['nothing', { a: 0 }, { a: 1 }, {}],
    ['other paths', { a: 0, b: 0 }, { a: 1 }, { b: 1 }],
    ['other paths of the same object', { a: { x: 0, y: 0 } }, { a: { x: 1 } }, { a: { y: 1 } }],
    ['the same path to the same value', { a: 0 }, { a: 1 }, { a: 1 }],
    ['the same list to the same list', { a: [1] }, { a: [1, 2] }, { a: [1, 2] }],
    ['what both removed', { a: 0 }, { a: null }, { a: null }],
    ['a path and back again', { a: 0 }, { a: 1 }, { a: 0 }],
  ])('others changed %s: no conflict', async (_, before, mine, theirs) => {
    const { device, leadbox, onConflict } = await aTab(before);
    await leadbox.patch(id, { properties: mine as Record<string, never> }); // JSON in these tests
    device.api.change(id, { properties: theirs });
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 0 });
    expect(onConflict).not.toHaveBeenCalled();
    expect(device.api.lead(id)?.properties).toEqual((await leadbox.get(id))?.lead.properties);
  });

  it.each<[string, JsonObject, JsonObject, JsonObject, Omit<Conflict, 'leadId'>]>([
    ['a value', { a: 0 }, { a: 1 }, { a: 2 }, { path: ['properties', 'a'], base: 0, mine: 1, theirs: 2 }],
    ['a new one', {}, { a: 1 }, { a: 2 }, { path: ['properties', 'a'], base: null, mine: 1, theirs: 2 }],
    [
      'what they removed',
      { a: 0 },
      { a: 1 },
      { a: null },
      { path: ['properties', 'a'], base: 0, mine: 1, theirs: null },
    ],
    ['what I removed', { a: 0 }, { a: null }, { a: 2 }, { path: ['properties', 'a'], base: 0, mine: null, theirs: 2 }],
    [
      'one list',
      { a: [1] },
      { a: [1, 2] },
      { a: [0] },
      { path: ['properties', 'a'], base: [1], mine: [1, 2], theirs: [0] },
    ],
    [
      'a nested value',
      { a: { x: { y: 0, z: 0 } } },
      { a: { x: { y: 1 } } },
      { a: { x: { y: 2 } } },
      { path: ['properties', 'a', 'x', 'y'], base: 0, mine: 1, theirs: 2 },
    ],
    [
      'below a value of mine',
      { a: { x: 0 } },
      { a: 'flat' },
      { a: { x: 1 } },
      { path: ['properties', 'a'], base: { x: 0 }, mine: 'flat', theirs: { x: 1 } },
    ],
    [
      'something in an object that is none any more',
      { a: { x: 0 } },
      { a: { y: 1, z: 1 } },
      { a: 'flat' },
      { path: ['properties', 'a'], base: {}, mine: { y: 1, z: 1 }, theirs: 'flat' },
    ],
    [
      'what I made an object of',
      { a: 5 },
      { a: { x: null, y: { z: 1 } } },
      { a: [6] },
      { path: ['properties', 'a'], base: 5, mine: { y: { z: 1 } }, theirs: [6] },
    ],
  ])('both changed %s: onConflict decides, with the three values', async (_, before, mine, theirs, expected) => {
    const { device, leadbox, onConflict } = await aTab(before);
    await leadbox.patch(id, { properties: mine as Record<string, never> }); // JSON in these tests
    device.api.change(id, { properties: theirs });
    await leadbox.sync();
    expect(onConflict.mock.calls).toEqual([[{ leadId: id, ...expected }]]);
  });

  it('a whole section set to null conflicts with a change inside it', async () => {
    const { device, leadbox, onConflict } = await aTab({ a: 0 });
    await leadbox.patch(id, { properties: null });
    device.api.change(id, { properties: { a: 1 } });
    await leadbox.sync();
    expect(onConflict.mock.calls).toEqual([
      [{ leadId: id, path: ['properties'], base: { a: 0 }, mine: null, theirs: { a: 1 } }],
    ]);
    expect(device.api.lead(id)?.properties).toBe(null);
  });

  it('load() in between hides no conflict', async () => {
    const { device, leadbox, onConflict } = await aTab({ a: 0 });
    await leadbox.patch(id, { properties: { a: 1 } });
    device.api.change(id, { properties: { a: 2 } });
    await leadbox.load(device.api.leads());
    await leadbox.sync();
    expect(onConflict).toHaveBeenCalledWith(expect.objectContaining({ base: 0, theirs: 2 }));
  });

  it('neither does a reload', async () => {
    const { device, leadbox, onConflict, options } = await aTab({ a: 0 });
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.close();
    device.api.change(id, { properties: { a: 2 } });
    await device.tab(options).sync();
    expect(onConflict).toHaveBeenCalledWith(expect.objectContaining({ base: 0, mine: 1, theirs: 2 }));
  });

  it.each([404, 410, 403])('a lead that answers the look with %i is parked', async (status) => {
    const { device, leadbox } = await aTab({ a: 0 });
    await leadbox.patch(id, { properties: { a: 1 } });
    device.api.next(status);
    expect(await leadbox.sync()).toMatchObject({ parked: 1, pending: 0 });
    expect(await leadbox.outbox.parked()).toMatchObject([{ reason: status === 403 ? 'forbidden' : 'gone', status }]);
    expect(device.attempts).toEqual([]);
  });

  it.each<[string, number | Response | 'network-error' | 'lost-answer']>([
    ['500', 500],
    ['422', 422],
    ['401', 401],
    ['HTML', new Response('<h1>Welcome to our Wi-Fi</h1>')],
    ['another lead', Response.json({ data: aLead({ id: leadId(1) }) })],
    ['nothing', 'network-error'],
    ['an answer that got lost', 'lost-answer'],
  ])('a look that is answered with %s is made again, and nothing is parked', async (_, fault) => {
    const { device, leadbox } = await aTab({ a: 0 });
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    device.api.next(fault);
    expect(await leadbox.sync()).toMatchObject({ parked: 0, pending: 1 });
    expect(device.attempts).toEqual([]);
    await leadbox.resume();
    await leadbox.sync();
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  });

  it('R27 a look that used up the rate limit is not made in vain', async () => {
    const { device, leadbox } = await aTab({ a: 0 }, {}, { rateLimit: { limit: 1, windowSeconds: 60 } });
    await leadbox.patch(id, { properties: { a: 1 } });
    for (let window = 0; window < 3; window += 1) {
      await leadbox.sync();
      await device.clock.advance(130_000);
    }
    expect(device.api.lead(id)?.properties).toEqual({ a: 1 });
    expect(await leadbox.status()).toMatchObject({ pending: 0 });
  });

  it('pausing or closing during a look sends nothing, and the next look starts anew', async () => {
    const { device, leadbox, options } = await aTab({ a: 0 });
    await leadbox.patch(id, { properties: { a: 1 } });
    device.api.latency = 1_000;
    const sending = leadbox.sync();
    await vi.waitFor(() => expect(device.api.requests).toHaveLength(1), soon);
    await leadbox.pause();
    await device.clock.advance(1_000);
    await sending;
    expect(device.attempts).toEqual([]);
    await leadbox.close();
    device.api.latency = 0;
    device.api.change(id, { properties: { b: 'theirs' } });
    const reloaded = device.tab(options);
    await reloaded.resume();
    await reloaded.sync();
    expect(device.api.lead(id)?.properties).toEqual({ a: 1, b: 'theirs' });
    expect(await reloaded.status()).toMatchObject({ pending: 0 });
  });

  it('and a strict order, nothing overtakes while a lead is looked at', async () => {
    const leads = [aLead(), aLead({ id: leadId(1) })];
    const { device, leadbox } = await aTab({}, { ordering: 'strict' }, { leads });
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.patch(leadId(1), { properties: { b: 1 } });
    await leadbox.patch(id, { properties: { a: 2 } });
    device.api.next(500);
    await leadbox.sync();
    await leadbox.sync();
    expect(device.attempts.map(({ text }) => text)).toEqual(
      ['a":1', 'b":1', 'a":2'].map((end) => `{"properties":{"${end}}}`),
    );
    expect(await leadbox.status()).toMatchObject({ pending: 0 });
  });
});

async function aTab(properties: JsonObject, given: LeadboxOptions = {}, api: Parameters<typeof aDevice>[0] = {}) {
  const device = aDevice({ leads: [aLead({ properties })], ...api });
  const onConflict = vi.fn((_: Conflict) => 'mine' as const);
  const options = { autoSync: false, checkBeforeSend: true, onConflict, ...given };
  return { device, leadbox: await device.loadedTab(options), onConflict, options };
}
