import { describe, expect, it, vi } from 'vitest';
import type { JsonObject, LeadboxEvent, LeadboxOptions } from '../../../src/index.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice, type DeviceOptions, forgetReplay, soon } from '../../builders/a-leadbox.ts';

const id = leadId(0);
const whole = { a: 0, b: { x: 1, y: null }, c: [1, null], __proto__x: 'data' };

describe('R31 a server that replaces sections is recognised', () => {
  it('by its first answer: what it removed is put back, with one event', async () => {
    const { device, leadbox, events } = await aTab();
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.api.lead(id)?.properties).toEqual({ ...whole, a: 1, b: { x: 1 } });
    expect(await leadbox.status()).toMatchObject({ pending: 0, state: 'synced' });
    expect(events.filter(({ type }) => type !== 'status')).toEqual([
      {
        ...{ type: 'sections-replaced', leadId: id },
        paths: [
          ['properties', 'b', 'x'],
          ['properties', 'b', 'y'],
          ['properties', 'c'],
          ['properties', '__proto__x'],
        ],
      },
    ]);
    expect(device.attempts.map(({ body }) => body)).toEqual([
      { properties: { a: 1 } },
      { properties: { a: 1, b: { x: 1 }, c: [1, null], __proto__x: 'data' } },
    ]);
  });

  it('also inside an object of which the patch names a part, where nothing else is in the section', async () => {
    const { device, leadbox } = await aTab();
    await leadbox.patch(leadId(3), { summary: { b: { x: 2 } } });
    await leadbox.sync();
    expect(device.api.lead(leadId(3))?.summary).toEqual({ b: { x: 2, z: { deep: [1] } } });
  });

  it('once: the next edits send whole sections, on top of a fresh lead, also after a reload', async () => {
    const { device, leadbox, options, events } = await aTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    await leadbox.close();
    const damages = device.attempts.length;
    device.api.change(id, { properties: { theirs: 1 } });
    const reloaded = device.tab(options);
    await reloaded.patch(id, { properties: { c: null } });
    await reloaded.patch(leadId(1), { location: { city: 'Bonn' } });
    await reloaded.sync();
    expect(device.attempts.slice(damages).map(({ body }) => body)).toEqual([
      { properties: { a: 1, b: { x: 1 }, __proto__x: 'data', theirs: 1 } },
      { location: { city: 'Bonn', country: 'USA' } },
    ]);
    expect(events.filter(({ type }) => type === 'sections-replaced')).toHaveLength(1);
  });

  it('per base URL: another server is asked anew', async () => {
    const { device, leadbox, options } = await aTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    await leadbox.close();
    const elsewhere = device.tab({ ...options, baseUrl: '/api/v2' });
    await elsewhere.patch(id, { properties: { a: 2 } });
    await elsewhere.sync();
    expect(device.attempts.at(2)?.body).toEqual({ properties: { a: 2 } });
  });

  it('without paths that other pending edits set', async () => {
    const { device, leadbox } = await aTab();
    device.intercept = async () => {
      device.intercept = undefined;
      await leadbox.patch(id, { properties: { b: { x: 'typed' } } });
      await leadbox.patch(id, { properties: { c: null } });
      return undefined;
    };
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    expect(device.api.lead(id)?.properties).toEqual({ a: 1, b: { x: 'typed' }, __proto__x: 'data' });
    expect((await leadbox.get(id))?.lead.properties).toEqual(device.api.lead(id)?.properties);
  });

  it('not by an answer that lacks only some members: they were removed by somebody', async () => {
    const { device, leadbox, events } = await aTab({ sections: 'merge' });
    device.api.change(id, { properties: { b: null } });
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    expect(device.api.lead(id)?.properties).not.toHaveProperty('b');
    expect(events.filter(({ type }) => type !== 'status')).toEqual([
      { type: 'server-differs', leadId: id, paths: [['properties', 'b']] },
    ]);
  });

  it('not where the option says merge', async () => {
    const { device, leadbox } = await aTab({}, { sections: 'merge' });
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    expect(device.api.lead(id)?.properties).toEqual({ a: 1 });
  });
});

describe('R33 what the server removed is put back', () => {
  it.each<[string, (tab: Awaited<ReturnType<typeof aTab>>) => Promise<unknown>]>([
    ['a reload', async () => {}],
    ['a refresh', async ({ leadbox }) => leadbox.refresh(id)],
    ['a load', async ({ leadbox, device }) => leadbox.load(device.api.leads())],
    ['a pull', async ({ leadbox }) => leadbox.pull()],
  ])('after a lost answer and %s', async (_, between) => {
    const tab = await aTab();
    const { device, leadbox, options } = tab;
    device.api.next('lost-answer');
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    expect(device.api.lead(id)?.properties).toEqual({ a: 1 });
    await between(tab);
    await leadbox.close();
    await expectWhole(device, device.tab(options));
  });

  it('after a lost answer, a reload, and a pull in the new page before the repetition', async () => {
    const { device, leadbox, options } = await aTab();
    device.api.next('lost-answer');
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    await leadbox.close();
    const reloaded = device.tab(options);
    await reloaded.pull();
    expect((await reloaded.get(id))?.lead.properties).toEqual({ a: 1 });
    await expectWhole(device, reloaded);
  });

  it('after the page was closed between the PATCH and its repair', async () => {
    const { device, leadbox, options } = await aTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    let requests = 0;
    device.intercept = () => {
      requests += 1;
      return requests > 1 ? Promise.reject(new TypeError('Failed to fetch')) : undefined;
    };
    await leadbox.sync();
    expect(await leadbox.status()).toMatchObject({ pending: 1 });
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ a: 1, b: { x: 1 } });
    await leadbox.close();
    device.intercept = undefined;
    await expectWhole(device, device.tab(options));
  });

  it('after the page was closed before what it had learned was stored', async () => {
    const { device, leadbox, options } = await aTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    device.intercept = () => {
      if (device.attempts.length > 1) return Promise.reject(new TypeError('Failed to fetch'));
      return undefined;
    };
    await leadbox.sync();
    await leadbox.close();
    await forgetReplay(device);
    device.intercept = undefined;
    await expectWhole(device, device.tab(options));
  });

  it('after a lost answer and a 412: it arrived, and it did damage', async () => {
    const { device, leadbox, events } = await aTab({ etag: true });
    await leadbox.refresh(id);
    device.api.next('lost-answer');
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    await expectWhole(device, leadbox);
    expect(events.filter(({ type }) => type === 'sections-replaced')).toHaveLength(1);
  });

  it('also where somebody else put something in the place of an object that it made', async () => {
    const { device, leadbox } = await aTab({ etag: true });
    await leadbox.refresh(id);
    device.api.next('lost-answer');
    await leadbox.patch(id, { properties: { a: 1, made: { x: 1 } } });
    await leadbox.sync();
    device.api.change(id, { properties: { made: 'theirs' } });
    await expectWhole(device, leadbox);
  });

  it('on each of three leads that were in flight when the first taught it', async () => {
    const { device, leadbox } = await aTab({}, { concurrency: 3 });
    device.api.latency = 100;
    for (const index of [0, 1, 2]) await leadbox.patch(leadId(index), { properties: { a: index + 1 } });
    const sending = leadbox.sync();
    await device.clock.advance(10_000);
    await sending;
    for (const index of [0, 1, 2]) {
      expect(device.api.lead(leadId(index))?.properties).toEqual({ ...whole, a: index + 1, b: { x: 1 } });
    }
  });

  it('on a lead whose answer was lost before another lead taught it', async () => {
    const { device, leadbox } = await aTab({}, { concurrency: 3 });
    device.api.next('lost-answer');
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    await leadbox.patch(leadId(1), { properties: { a: 1 } });
    await expectWhole(device, leadbox);
    expect(device.api.lead(leadId(1))?.properties).toEqual({ ...whole, a: 1, b: { x: 1 } });
  });

  it('but not over what somebody put there meanwhile', async () => {
    // Told before anything that repairs it is sent.
    const onEvent = ({ type }: LeadboxEvent) => {
      if (type === 'sections-replaced') device.api.change(id, { properties: { c: 'theirs' } });
    };
    const { device, leadbox, onConflict } = await aTab({}, { onEvent });
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    await leadbox.sync();
    expect(device.api.lead(id)?.properties).toEqual({ ...whole, a: 1, b: { x: 1 }, c: 'theirs' });
    expect(onConflict).not.toHaveBeenCalled();
  });

  it('and what it left beside that is nobody else’s change', async () => {
    const { device, leadbox, onConflict } = await aTab();
    device.intercept = async () => {
      device.intercept = undefined;
      await leadbox.patch(leadId(3), { summary: { b: 'typed' } });
      return undefined;
    };
    await leadbox.patch(leadId(3), { summary: { b: { x: 2 } } });
    await leadbox.sync();
    expect(device.api.lead(leadId(3))?.summary).toEqual({ b: 'typed' });
    expect(onConflict).not.toHaveBeenCalled();
  });

  it('not before an earlier request can no more arrive and damage it again', async () => {
    const { device, leadbox } = await aTab({}, { timeout: 1_000, autoSync: true });
    const late: (() => void)[] = [];
    device.intercept = ({ text, headers }) => {
      if (late.length) return undefined;
      late.push(() => void device.api.fetch(`/api/v1/leads/${id}`, { method: 'PATCH', headers, body: text }));
      return new Promise(() => {});
    };
    await leadbox.patch(id, { properties: { a: 1 } });
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    await device.clock.advance(1_000);
    await device.untilNextAttempt(leadbox);
    expect(device.api.lead(id)?.properties).toEqual({ a: 1 });
    late[0]?.();
    await device.clock.advance(60_000);
    expect(await leadbox.status()).toMatchObject({ pending: 0 });
    expect(device.api.lead(id)?.properties).toEqual({ ...whole, a: 1, b: { x: 1 } });
  });
});

async function expectWhole(device: ReturnType<typeof aDevice>, leadbox: Awaited<ReturnType<typeof aTab>>['leadbox']) {
  for (let round = 0; round < 3; round += 1) {
    await leadbox.sync();
    await device.clock.advance(40_000); // longer than a request of before the reload may travel
  }
  expect(await leadbox.status()).toMatchObject({ pending: 0, parked: 0 });
  // A null is as good as nothing (R11).
  expect(device.api.lead(id)?.properties).toMatchObject({ ...whole, a: 1, b: { x: 1 } });
  expect((await leadbox.get(id))?.lead.properties).toEqual(device.api.lead(id)?.properties);
}

async function aTab(api: DeviceOptions = {}, more: LeadboxOptions = {}) {
  const properties: JsonObject = whole;
  const leads = [0, 1, 2].map((index) => aLead({ id: leadId(index), properties }));
  leads.push(aLead({ id: leadId(3), summary: { b: { x: 1, z: { deep: [1] } } } }));
  const device = aDevice({ leads, sections: 'replace', ...api });
  const events: LeadboxEvent[] = [];
  const onConflict = vi.fn(() => 'mine' as const);
  const options = { autoSync: false, onConflict, onEvent: (event: LeadboxEvent) => void events.push(event), ...more };
  return { device, leadbox: await device.loadedTab(options), events, options, onConflict };
}
