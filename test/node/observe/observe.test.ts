import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Clock, Lead, Leadbox, LeadState, Observable } from '../../../src/index.ts';
import { aFailingStorage, type StorageFault } from '../../builders/a-failing-storage.ts';
import { aLead, leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, type Device, soon, valuesOf } from '../../builders/a-leadbox.ts';

const id = leadId(0);
const stopped = { autoSync: false };

describe('R3 an edit of a lead that is observed', () => {
  it.each<[string, (leadbox: Leadbox) => Promise<unknown>]>([
    [
      'edit()',
      (leadbox) =>
        leadbox.edit(id, (draft) => {
          draft.properties.status = 'won';
        }),
    ],
    ['patch()', (leadbox) => leadbox.patch(id, { properties: { status: 'won' } })],
  ])('is shown by observe and observeAll before %s returns', async (_, act) => {
    const { leadbox, one, all } = await anObservedLead();
    const done = act(leadbox);
    expect(one).toHaveLength(2);
    expect(one[1]).toMatchObject({ pending: 1, server: aLead(), lead: { properties: { status: 'won' } } });
    expect(all).toHaveLength(2);
    expect(all[1]?.[0]?.properties).toMatchObject({ status: 'won' });
    await done;
    await settledDown(leadbox);
    expect(one).toHaveLength(2);
    expect(all).toHaveLength(2);
  });

  it('is shown once, key by key, while the storage is busy, and with the right count', async () => {
    const { leadbox, one } = await anObservedLead();
    const edits = ['a', 'an', 'ann', 'anna'].map((text) => leadbox.patch(id, { properties: { text } }));
    expect(one.slice(1).map((state) => [state?.lead.properties?.text, state?.pending])).toEqual([
      ...[
        ['a', 1],
        ['an', 2],
        ['ann', 3],
        ['anna', 4],
      ],
    ]);
    await Promise.all(edits);
    await settledDown(leadbox);
    expect(one.slice(1).map((state) => state?.lead.properties?.text)).toEqual(['a', 'an', 'ann', 'anna']);
  });

  it('is shown by observeAll alone, if nobody observes that one lead', async () => {
    const device = aDevice({ leads: someLeads(3) });
    const leadbox = await device.loadedTab(stopped);
    const all = await firstOf(valuesOf(leadbox.observeAll()));
    const edit = leadbox.patch(leadId(1), { properties: { a: 1 } });
    expect(all.at(-1)?.[1]?.properties).toMatchObject({ a: 1 });
    await edit;
  });

  it('is made on what is shown: recipes in a row see each other’s changes at once', async () => {
    const { leadbox, one } = await anObservedLead();
    const add = () =>
      leadbox.edit(id, (draft) => {
        draft.properties.n = Number(draft.properties.n ?? 0) + 1;
      });
    const edits = [add(), add(), add()];
    expect(one.at(-1)?.lead.properties).toMatchObject({ n: 3 });
    await Promise.all(edits);
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ n: 3 });
  });

  it.each<[StorageFault, string]>([
    ['throws', 'storage-unavailable'],
    ['UnknownError', 'storage-unavailable'],
    ['QuotaExceededError', 'storage-full'],
  ])('goes back in one step if storing fails (%s), and rejects with %s', async (fault, code) => {
    let isBroken = false;
    const { device, leadbox, one, all, indexedDB } = await anObservedLead((_, mode) =>
      isBroken && mode === 'readwrite' ? fault : undefined,
    );
    expect(indexedDB).not.toBe(device.indexedDB);
    isBroken = true;
    const edit = leadbox.patch(id, { properties: { status: 'won', n: 1 } });
    expect(one.at(-1)?.lead.properties).toMatchObject({ status: 'won', n: 1 });
    await expect(edit).rejects.toMatchObject({ code });
    isBroken = false;
    await settledDown(leadbox);
    expect(one).toHaveLength(3);
    expect(all).toHaveLength(3);
    expect(one[2]).toEqual(one[0]);
    expect(one[2]?.lead).toEqual(aLead());
    expect(all[2]).toEqual(all[0]);
    expect(await leadbox.status()).toMatchObject({ pending: 0 });
    expect(device.attempts).toEqual([]);
  });

  it('of which storing fails takes no other edit out of the view', async () => {
    let writes = 0;
    const { leadbox, one } = await anObservedLead((_, mode) => {
      if (mode !== 'readwrite') return undefined;
      writes += 1;
      return writes === 1 ? 'NotReadableError' : undefined;
    });
    const lost = leadbox.patch(id, { properties: { a: 'lost' } });
    const kept = leadbox.patch(id, { properties: { b: 'kept' } });
    await expect(lost).rejects.toMatchObject({ code: 'storage-unavailable' });
    await kept;
    await settledDown(leadbox);
    expect(one.at(-1)?.lead.properties).toEqual({ industry: 'Technology', company_size: '50-100', b: 'kept' });
    expect(one.at(-1)?.pending).toBe(1);
    expect((await leadbox.get(id))?.lead).toEqual(one.at(-1)?.lead);
  });
});

describe('R58 what did not change keeps its identity:', () => {
  it('untouched sections of an edited lead, and the base', async () => {
    const { leadbox, one } = await anObservedLead();
    await leadbox.patch(id, { location: { city: 'Bonn' } });
    const [before, after] = one;
    expect(after?.lead.properties).toBe(before?.lead.properties);
    expect(after?.lead).not.toBe(before?.lead);
    expect(after?.server).toBe(before?.server);
    await leadbox.patch(id, { location: { city: 'Ulm' } });
    expect(one.at(-1)?.lead.properties).toBe(before?.lead.properties);
  });

  it('the lead as base while nothing is pending', async () => {
    const { leadbox, one } = await anObservedLead();
    expect(one[0]?.lead).toBe(one[0]?.server);
    await leadbox.patch(id, { properties: { a: 1 } });
    expect(one.at(-1)?.lead).not.toBe(one.at(-1)?.server);
    await leadbox.sync();
    await settledDown(leadbox);
    expect(one.at(-1)?.lead).toBe(one.at(-1)?.server);
  });

  it('other leads, whose observers are not called', async () => {
    const device = aDevice({ leads: someLeads(3) });
    const leadbox = await device.loadedTab(stopped);
    const [mine, other] = [
      await firstOf(valuesOf(leadbox.observe(id))),
      await firstOf(valuesOf(leadbox.observe(leadId(1)))),
    ];
    const all = await firstOf(valuesOf(leadbox.observeAll()));
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    await settledDown(leadbox);
    expect(mine.length).toBeGreaterThan(1);
    expect(other).toHaveLength(1);
    for (const leads of all) expect([leads[1] === all[0]?.[1], leads[2] === all[0]?.[2]]).toEqual([true, true]);
  });

  it('everything, when the same lead is loaded again: nobody is called', async () => {
    const { device, leadbox, one, all } = await anObservedLead();
    await leadbox.load(device.api.leads());
    await leadbox.load(structuredClone(device.api.leads()));
    await leadbox.refresh(id);
    await settledDown(leadbox);
    expect([one.length, all.length]).toEqual([1, 1]);
  });
});

describe('R68 in observeAll', () => {
  it('an edited lead is replaced at once; membership follows the commit', async () => {
    const device = aDevice({ leads: someLeads(3).map((lead) => ({ ...lead, properties: { status: 'new' } })) });
    const leadbox = await device.loadedTab({ ...stopped, indexes: ['properties.status'] });
    const seen = await firstOf(valuesOf(leadbox.observeAll((leads) => leads.where('properties.status').equals('new'))));
    const edit = leadbox.patch(leadId(1), { properties: { status: 'won' } });
    expect(seen.at(-1)?.map(({ properties }) => properties?.status)).toEqual(['new', 'won', 'new']);
    await edit;
    await vi.waitFor(() => expect(seen.at(-1)?.map((lead) => lead.id)).toEqual([leadId(0), leadId(2)]), soon);
    await leadbox.patch(leadId(1), { properties: { status: 'new' } });
    await vi.waitFor(
      () => expect(seen.at(-1)?.map((lead) => lead.id)).toEqual([leadId(0), leadId(1), leadId(2)]),
      soon,
    );
  });

  it('the order follows the commit', async () => {
    const device = aDevice({ leads: someLeads(3).map((lead, n) => ({ ...lead, properties: { rank: n } })) });
    const leadbox = await device.loadedTab({ ...stopped, indexes: ['properties.rank'] });
    const seen = await firstOf(valuesOf(leadbox.observeAll((leads) => leads.orderBy('properties.rank'))));
    await leadbox.patch(leadId(0), { properties: { rank: 9 } });
    await vi.waitFor(() => expect(seen.at(-1)?.map(({ properties }) => properties?.rank)).toEqual([1, 2, 9]), soon);
    for (const leads of seen) expect(leads).toHaveLength(3);
  });

  it('leads come when they are loaded', async () => {
    const device = aDevice({ leads: someLeads(2) });
    const leadbox = device.tab(stopped);
    const seen = await firstOf(valuesOf(leadbox.observeAll()));
    expect(seen[0]).toEqual([]);
    await leadbox.load(device.api.leads());
    await vi.waitFor(() => expect(seen.at(-1)).toHaveLength(2), soon);
  });

  it('R75 a path without an index ends in an error that names the option, and so does find()', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab(stopped);
    const query = (leads: Parameters<NonNullable<Parameters<Leadbox['find']>[0]>>[0]) =>
      leads.where('properties.status').equals('new');
    await expect(leadbox.find(query)).rejects.toMatchObject({
      code: 'not-indexed',
      message: expect.stringContaining('indexes'),
    });
    const missing = { code: 'not-indexed', path: ['properties.status'] };
    expect(await errorOf(device, leadbox.observeAll(query))).toMatchObject(missing);
  });
});

describe('an observer', () => {
  it('gets undefined for a lead that is not cached, and the lead once it is', async () => {
    const device = aDevice();
    const leadbox = device.tab(stopped);
    const seen = await firstOf(valuesOf(leadbox.observe(id)));
    expect(seen).toEqual([undefined]);
    await leadbox.load(device.api.leads());
    await vi.waitFor(() => expect(seen.at(-1)?.lead).toEqual(aLead()), soon);
  });

  it('that comes late gets the newest value', async () => {
    const { leadbox } = await anObservedLead();
    const edit = leadbox.patch(id, { properties: { a: 1 } });
    const late = await firstOf(valuesOf(leadbox.observe(id)));
    expect(late[0]?.lead.properties).toMatchObject({ a: 1 });
    await edit;
  });

  it('that left gets nothing more, and its subscription says so', async () => {
    const { leadbox, one } = await anObservedLead();
    const left: unknown[] = [];
    const subscription = leadbox.observe(id).subscribe((value) => left.push(value));
    expect(subscription.closed).toBe(false);
    await firstOf(left);
    subscription.unsubscribe();
    subscription.unsubscribe();
    expect(subscription.closed).toBe(true);
    await leadbox.patch(id, { properties: { a: 1 } });
    expect([left.length, one.length]).toEqual([1, 2]);
  });

  it('may edit inside its callback: each observer ends with the newest value and sees none twice', async () => {
    const { leadbox, one, all } = await anObservedLead();
    const edits: Promise<unknown>[] = [];
    const subscription = leadbox.observe(id).subscribe((state) => {
      const n = Number(state?.lead.properties?.n ?? 0);
      if (n > 0 && n < 5) edits.push(leadbox.patch(id, { properties: { n: n + 1 } }));
    });
    onTestFinished(() => subscription.unsubscribe());
    const late = await firstOf(valuesOf(leadbox.observe(id)));
    edits.push(leadbox.patch(id, { properties: { n: 1 } }));
    await settledDown(leadbox);
    await Promise.all(edits);
    expect(edits).toHaveLength(5);
    for (const seen of [one, late]) {
      const numbers = seen.map((state) => Number(state?.lead.properties?.n ?? 0));
      expect(numbers.at(-1)).toBe(5);
      expect(numbers).toEqual([...new Set(numbers)].sort());
    }
    expect(all.at(-1)?.[0]?.properties).toMatchObject({ n: 5 });
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ n: 5 });
  });

  it('that throws stops neither the others nor the edit, and its error reaches the page', async () => {
    const { device, leadbox } = await anObservedLead();
    leadbox.observe(id).subscribe(() => {
      throw new Error('of the observer');
    });
    const after = await firstOf(valuesOf(leadbox.observe(id)));
    await expect(device.clock.advance(0)).rejects.toThrow('of the observer');
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    expect(edit.seq).toBeGreaterThan(0);
    expect(after.at(-1)?.lead.properties).toMatchObject({ a: 1 });
    await expect(device.clock.advance(0)).rejects.toThrow('of the observer');
  });

  it('R69 is told errors, and can subscribe again', async () => {
    const device = aDevice();
    let isBroken = false;
    const indexedDB = aFailingStorage(device.indexedDB, () => (isBroken ? 'throws' : undefined));
    const leadbox = await device.loadedTab({ ...stopped, environment: { indexedDB } });
    isBroken = true;
    const observables: Observable<unknown>[] = [leadbox.observe(id), leadbox.observeAll(), leadbox.observeStatus()];
    for (const observable of observables) {
      expect(await errorOf(device, observable)).toMatchObject({ code: 'storage-unavailable' });
      expect(await errorOf(device, observable)).toMatchObject({ code: 'storage-unavailable' });
    }
    isBroken = false;
    for (const observable of observables) expect((await firstOf(valuesOf(observable)))[0]).toBeDefined();
  });

  it('R69 that left before it was told of an error hears nothing of it', async () => {
    const device = aDevice();
    const indexedDB = aFailingStorage(device.indexedDB, () => 'throws');
    const leadbox = device.tab({ ...stopped, environment: { indexedDB } });
    for (const observable of [leadbox.observe(id), leadbox.observeStatus()]) {
      const told: unknown[] = [];
      const leaving = observable.subscribe({ error: (error) => told.push(error) });
      const unheard = observable.subscribe(() => {});
      await vi.waitFor(() => expect(leaving.closed).toBe(true), soon);
      leaving.unsubscribe();
      unheard.unsubscribe();
      await device.clock.advance(0);
      expect(told).toEqual([]);
    }
  });

  it.each<[string, object | (() => void)]>([
    ['is a function', () => {}],
    ['has no error function', { next() {} }],
  ])('R69 that %s lets errors reach the page', async (_, observer) => {
    const device = aDevice();
    const indexedDB = aFailingStorage(device.indexedDB, () => 'throws');
    const leadbox = device.tab({ ...stopped, environment: { indexedDB } });
    for (const observable of [leadbox.observe(id), leadbox.observeStatus()]) {
      observable.subscribe(observer);
      await expect(device.clock.advance(0)).rejects.toMatchObject({ code: 'storage-unavailable' });
    }
  });

  it('R69 that subscribes again at each error leaves the page its turns', async () => {
    const indexedDB = aFailingStorage(aDevice().indexedDB, () => 'throws');
    const clock: Clock = { now: Date.now, setTimeout: (run, wait) => setTimeout(run, wait), clearTimeout() {} };
    const leadbox = aDevice().tab({ ...stopped, environment: { indexedDB, clock } });
    const many = 10_000;
    let errors = 0;
    const watch = (): unknown =>
      leadbox.observe(id).subscribe({
        error() {
          errors++;
          if (errors < many) watch();
        },
      });
    watch();
    await vi.waitFor(() => expect(errors).toBeGreaterThan(2), soon);
    expect(errors).toBeLessThan(many);
    await leadbox.close();
  });

  it('is told that the leadbox was closed, also if it comes later', async () => {
    const { leadbox } = await anObservedLead();
    const completed: string[] = [];
    leadbox.observe(id).subscribe({ complete: () => completed.push('one') });
    leadbox.observeAll().subscribe({ complete: () => completed.push('all') });
    leadbox.observeStatus().subscribe({ complete: () => completed.push('status') });
    await leadbox.close();
    expect(completed.sort()).toEqual(['all', 'one', 'status']);
  });

  it('may be RxJS’s or Svelte’s', async () => {
    const { leadbox } = await anObservedLead();
    const observables: Observable<unknown>[] = [leadbox.observe(id), leadbox.observeAll(), leadbox.observeStatus()];
    for (const observable of observables) {
      const interop: unknown = Symbol.observable ?? '@@observable'; // a name where the symbol does not exist
      const again = observable[interop as typeof Symbol.observable]();
      expect((await firstOf(valuesOf<unknown>(again)))[0]).toBeDefined();
      observable.subscribe().unsubscribe();
      observable.subscribe(null).unsubscribe();
      observable.subscribe({}).unsubscribe();
    }
  });

  it('gets frozen values, and its lead does not change under it', async () => {
    const { leadbox, one, all } = await anObservedLead();
    const before = structuredClone(one[0]);
    await leadbox.patch(id, { properties: { a: { deep: [1] } } });
    expect(one[0]).toEqual(before);
    const isDeepFrozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(isDeepFrozen));
    expect(one.every(isDeepFrozen)).toBe(true);
    expect(all.every(isDeepFrozen)).toBe(true);
  });

  it('sees a parked edit leave, and the count of parked ones', async () => {
    const { device, leadbox, one } = await anObservedLead();
    await leadbox.patch(id, { properties: { a: 1 } });
    device.api.next(422);
    await leadbox.sync();
    await settledDown(leadbox);
    expect(one.map((state) => [state?.lead.properties?.a, state?.pending, state?.parked])).toEqual([
      ...[
        [undefined, 0, 0],
        [1, 1, 0],
        [undefined, 0, 1],
      ],
    ]);
  });
});

describe('R57 the status', () => {
  it('counts the rows, whenever it is asked and in every tab', async () => {
    const device = aDevice({ leads: someLeads(3) });
    const tabs = [await device.loadedTab(stopped), device.tab(stopped)] as const;
    const statuses = tabs.map((tab) => valuesOf(tab.observeStatus()));
    const expectCounts = async (pending: number, parked: number) => {
      for (const tab of tabs) {
        expect(await tab.status()).toMatchObject({ pending, parked });
        expect(await tab.outbox.pending()).toHaveLength(pending);
        expect(await tab.outbox.parked()).toHaveLength(parked);
      }
      for (const seen of statuses) await vi.waitFor(() => expect(seen.at(-1)).toMatchObject({ pending, parked }), soon);
    };
    await expectCounts(0, 0);
    for (let n = 1; n <= 3; n += 1) {
      await tabs[n % 2 === 0 ? 0 : 1].patch(leadId(n - 1), { properties: { n } });
      await expectCounts(n, 0);
    }
    device.api.next(422);
    await tabs[0].sync();
    await expectCounts(0, 1);
    expect(await tabs[1].status()).toMatchObject({ state: 'waiting', waitingFor: 'decision' });
  });

  it('is observed without repetitions, and each change of state is one event', async () => {
    const device = aDevice();
    const events: string[] = [];
    const leadbox = await device.loadedTab({
      onEvent: (event) => void (event.type === 'status' && events.push(event.status.state)),
    });
    const seen = await firstOf(valuesOf(leadbox.observeStatus()));
    device.api.next('network-error', 3);
    await leadbox.patch(id, { properties: { a: 1 } });
    await device.clock.advance(60_000);
    await vi.waitFor(() => expect(seen.at(-1)).toMatchObject({ state: 'synced', pending: 0 }), soon);
    for (const [index, status] of seen.entries()) expect(status).not.toEqual(seen[index - 1]);
    for (const [index, state] of events.entries()) expect(state).not.toBe(events[index - 1]);
    expect(events.at(-1)).toBe('synced');
    expect(events).toContain('waiting');
  });

  it('R59 an hour without a network is one event per change of state', async () => {
    const device = aDevice();
    const states: string[] = [];
    const leadbox = await device.loadedTab({
      onEvent: (event) => void (event.type === 'status' && states.push(event.status.state)),
    });
    await device.rest();
    device.api.offline = true;
    device.onLine = false;
    await leadbox.patch(id, { properties: { a: 1 } });
    await device.clock.advance(3_600_000);
    const during = states.filter((state) => state === 'waiting').length;
    expect(states.length).toBeLessThanOrEqual(2 * device.attempts.length + 3);
    expect(during).toBeGreaterThan(0);
    device.api.offline = false;
    device.onLine = true;
    await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ state: 'synced' }), soon);
  });

  it('answers after close(), with the last counts', async () => {
    const { leadbox } = await anObservedLead();
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.close();
    expect(await leadbox.status()).toMatchObject({ state: 'closed', pending: 1, parked: 0 });
  });
});

/** A lead with an observer of its own and one of all leads, which have had their first values. */
async function anObservedLead(faultOf: Parameters<typeof aFailingStorage>[1] = () => undefined) {
  const device = aDevice();
  let isReady = false;
  const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) => (isReady ? faultOf(tables, mode) : undefined));
  const leadbox = await device.loadedTab({ ...stopped, environment: { indexedDB } });
  const one: (LeadState | undefined)[] = await firstOf(valuesOf(leadbox.observe(id)));
  const all: (readonly Lead[])[] = await firstOf(valuesOf(leadbox.observeAll()));
  await device.rest();
  isReady = true;
  return { device, leadbox, one, all, indexedDB };
}

async function firstOf<T>(values: T[]): Promise<T[]> {
  await vi.waitFor(() => expect(values.length).toBeGreaterThan(0), soon);
  return values;
}

async function errorOf(device: Device, observable: Observable<unknown>): Promise<unknown> {
  const told: unknown[] = [];
  observable.subscribe({ error: (error) => told.push(error) });
  await device.rest();
  await device.clock.advance(0);
  return told[0];
}

/** Every edit is stored, and what that set off has reached the observers. */
async function settledDown(leadbox: Leadbox): Promise<void> {
  await leadbox.get(id);
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
