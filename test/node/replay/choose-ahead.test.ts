import { describe, expect, it, vi } from 'vitest';
import type { LeadboxOptions } from '../../../src/index.ts';
import { applyToLead } from '../../../src/model/lead-change.ts';
import { aFailingStorage } from '../../builders/a-failing-storage.ts';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, type Device, soon, valuesOf } from '../../builders/a-leadbox.ts';
import { aPage } from '../../builders/a-tab.ts';

const leads = [0, 1, 2, 3].map(leadId) as [string, string, string, string]; // four of four

/** Four leads with an edit each, and in order what was sent and what was stored meanwhile. */
async function fourEdits(options: LeadboxOptions = {}) {
  const device = aDevice({ leads: someLeads(4) });
  const steps: string[] = [];
  const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) => {
    if (mode === 'readwrite' && tables.includes('outbox')) steps.push('store');
    return undefined;
  });
  device.intercept = async ({ leadId: id, text, headers }, signal) => {
    steps.push(`send ${leads.indexOf(id)}`);
    const request = { method: 'PATCH', body: text, headers, ...(signal && { signal }) };
    const answer = await device.api.fetch(`/api/v1/leads/${id}`, request);
    steps.push('answer');
    return answer;
  };
  const leadbox = await device.loadedTab({ autoSync: false, environment: { indexedDB }, ...options });
  for (const id of leads) await leadbox.patch(id, { properties: { a: 1 } });
  steps.length = 0;
  return { device, leadbox, steps };
}

/** The same, sent one after the other; each answer takes a while. */
async function drained(options: LeadboxOptions = {}) {
  const { device, leadbox, steps } = await fourEdits(options);
  device.api.latency = 100;
  const done = leadbox.sync();
  await device.clock.advance(1_000);
  await done;
  return { device, leadbox, steps };
}

describe('R18 once an answer showed that the server merges', () => {
  it('the next request goes before the answer to the one before it is stored', async () => {
    const { leadbox, steps } = await drained();
    expect(steps.slice(steps.indexOf('send 1'), steps.indexOf('send 3') + 1)).toEqual([
      ...['send 1', 'store', 'answer', 'send 2', 'store', 'answer', 'send 3'],
    ]);
    expect(await leadbox.status()).toMatchObject({ state: 'synced', pending: 0 });
  });

  it('there is still but one request at a time', async () => {
    const { device } = await drained();
    expect(device.mostOpen.all).toBe(1);
  });

  it.each([{ ordering: 'strict' as const }, { checkBeforeSend: true }, { sections: 'replace' as const }])(
    'but not with %o: there an answer or a look decides what comes next',
    async (options) => {
      const { steps } = await drained(options);
      for (const next of ['send 1', 'send 2', 'send 3']) {
        const before = steps.slice(0, steps.indexOf(next));
        expect(before.slice(before.lastIndexOf('answer'))).toContain('store');
      }
    },
  );
});

describe('R18 where answers come quicker than they can be stored', () => {
  const ids = someLeads(60).map(({ id }) => id);
  /** As quick as can be: all of them are there. */
  const answers = new Map(someLeads(60).map((lead) => [lead.id, applyToLead(lead, { properties: { a: 1 } })]));
  const answerTo = (id: string) => Response.json({ data: answers.get(id) });

  it('a transaction takes in several, and leads go in their order, one at a time', async () => {
    const device = aDevice({ leads: someLeads(60) });
    let turns = 0;
    const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) => {
      if (mode === 'readwrite' && tables.includes('outbox')) turns += 1;
      return undefined;
    });
    const leadbox = await device.loadedTab({ autoSync: false, environment: { indexedDB } });
    for (const id of ids) await leadbox.patch(id, { properties: { a: 1 } });
    turns = 0;
    device.intercept = ({ leadId: id }) => answerTo(id);
    await leadbox.sync();
    expect(device.attempts.map(({ leadId: id }) => id)).toEqual(ids);
    expect(device.mostOpen.all).toBe(1);
    expect(turns).toBeLessThan(45);
  });

  it('what a page that was frozen had chosen goes in its place', async () => {
    const device = aDevice({ leads: someLeads(60) });
    const page = aPage();
    const frozen = await device.loadedTab({ autoSync: false, environment: { lifecycle: page.lifecycle } });
    for (const id of ids) await frozen.patch(id, { properties: { a: 1 } });
    device.intercept = ({ leadId: id }) => (id === ids[30] ? new Promise(() => {}) : answerTo(id));
    void frozen.sync();
    await vi.waitFor(() => expect(device.attempts).toHaveLength(31), soon);
    await device.rest();
    page.becomes('frozen');
    await device.clock.advance(60_000);
    const other = device.tab({ autoSync: false });
    expect((await other.outbox.pending()).filter(({ sent }) => sent).length).toBeGreaterThan(2);
    device.intercept = ({ leadId: id }) => answerTo(id);
    await other.sync();
    expect(device.attempts.slice(31).map(({ leadId: id }) => id)).toEqual(ids.slice(30));
  });
});

describe('R15 with batches chosen ahead', () => {
  it.each([1, 2])('a lead that failed once goes again as soon as it may, with %i in flight', async (concurrency) => {
    const device = aDevice({ leads: someLeads(60) });
    const leadbox = await device.loadedTab({
      autoSync: false,
      concurrency,
      retry: { minDelay: 1_000, maxDelay: 1_000 },
    });
    for (const { id } of someLeads(60)) await leadbox.patch(id, { properties: { a: 1 } });
    device.api.next(503);
    device.api.latency = 50 * concurrency;
    const done = leadbox.sync();
    await device.clock.advance(5_000);
    await done;
    const [, again] = device.attempts.filter(({ leadId: id }) => id === leadId(0)).map(({ at }) => at);
    const [began] = device.attempts.map(({ at }) => at);
    // After its wait, at the next request or the one after it.
    expect((again ?? 0) - (began ?? 0)).toBeLessThan(1_000 + 4 * device.api.latency);
  });

  it.each([2_000, 2_600, 6_000])('leads go in their order where each request takes %i ms', async (latency) => {
    const device = aDevice({ leads: someLeads(10) });
    const leadbox = await device.loadedTab({ autoSync: false });
    for (const { id } of someLeads(10)) await leadbox.patch(id, { properties: { a: 1 } });
    device.api.latency = latency;
    const done = leadbox.sync();
    await device.clock.advance(100_000);
    await done;
    expect(device.attempts.map(({ leadId: id }) => id)).toEqual(someLeads(10).map(({ id }) => id));
  });

  it('R31 what was chosen as a server that merges gets it is chosen anew when the server turns out to replace', async () => {
    const device = aDevice({ leads: someLeads(6) });
    const leadbox = await device.loadedTab({ autoSync: false, concurrency: 2 });
    device.api.latency = 100;
    device.intercept = async ({ leadId: id }) => {
      if (id === leadId(1)) await new Promise((resolve) => device.clock.setTimeout(() => resolve(undefined), 5_000));
      // As a server does that replaces.
      else if (id !== leadId(0)) device.api.change(id, { location: { country: null } });
      return undefined;
    };
    for (const { id } of someLeads(6)) await leadbox.patch(id, { location: { city: 'Bonn' } });
    const done = leadbox.sync();
    await device.clock.advance(10_000);
    await done;
    const partial = { location: { city: 'Bonn' } };
    const whole = { location: { city: 'Bonn', country: 'USA' } };
    const first = someLeads(6).map(({ id }) => device.attempts.find(({ leadId: of }) => of === id)?.body);
    expect(first).toEqual([partial, partial, partial, partial, whole, whole]);
  });
});

describe('R16 a batch that was chosen and could not be sent', () => {
  /** The first two are answered, the second with a wait; the third was chosen by then. */
  async function heldBack(): Promise<{ device: Device; leadbox: Awaited<ReturnType<Device['loadedTab']>> }> {
    const { device, leadbox } = await fourEdits();
    const wait = () => new Response('{}', { status: 429, headers: { 'Retry-After': '60' } });
    device.intercept = ({ leadId: id }) => (id === leads[1] ? Promise.resolve(wait()) : undefined);
    await leadbox.sync();
    expect(device.attempts.map(({ leadId: id }) => leads.indexOf(id))).toEqual([0, 1]);
    device.intercept = undefined;
    return { device, leadbox };
  }

  it('is not told as sent, and can be discarded', async () => {
    const { leadbox } = await heldBack();
    const pending = await leadbox.outbox.pending();
    expect(pending.map(({ leadId: id, sent }) => [leads.indexOf(id), sent])).toEqual([
      [1, true],
      [2, false],
      [3, false],
    ]);
    await leadbox.outbox.discard(pending[1]?.seq ?? 0);
    expect(await leadbox.outbox.pending(leads[2])).toEqual([]);
  });

  it('is not shown as sent either, in no tab', async () => {
    const { device, leadbox } = await fourEdits();
    const other = device.tab({ autoSync: false });
    const seen = [leadbox, other].map(({ outbox }) => valuesOf(outbox.observe()));
    let answer = (_response: Response) => {};
    const answered = new Promise<Response>((resolve) => {
      answer = resolve;
    });
    device.intercept = ({ leadId: id }) => (id === leads[1] ? answered : undefined);
    const done = leadbox.sync();
    const bothShow = async (sent: readonly boolean[]) => {
      for (const values of seen)
        await vi.waitFor(() => expect(values.at(-1)?.pending.map((edit) => edit.sent)).toEqual(sent), soon);
    };
    await bothShow([true, true, false]);
    answer(new Response('{}', { status: 429, headers: { 'Retry-After': '60' } }));
    await done;
    await bothShow([true, false, false]);
  });

  it('nor is it after the leadbox was closed', async () => {
    const { device, leadbox } = await fourEdits();
    device.intercept = ({ leadId: id }) => (id === leads[1] ? new Promise(() => {}) : undefined);
    void leadbox.sync().catch(() => {}); // it ends with the leadbox
    await vi.waitFor(() => expect(device.attempts).toHaveLength(2), soon);
    await device.rest();
    await leadbox.close();
    const pending = await device.tab({ autoSync: false }).outbox.pending();
    expect(pending.map(({ sent }) => sent)).toEqual([true, false, false]);
  });

  it('folds with what is typed until it can', async () => {
    const { device, leadbox } = await heldBack();
    await leadbox.patch(leads[2], { properties: { b: 2 } });
    await device.clock.advance(130_000);
    await leadbox.sync();
    expect(device.attempts.filter(({ leadId: id }) => id === leads[2]).map(({ body }) => body)).toEqual([
      { properties: { a: 1, b: 2 } },
    ]);
  });

  it('is as good as sent to a page that takes over from one that was killed', async () => {
    const { device, leadbox } = await fourEdits({ idempotencyHeader: 'Idempotency-Key' });
    device.intercept = ({ leadId: id }) => (id === leads[1] ? new Promise(() => {}) : undefined);
    void leadbox.sync();
    await vi.waitFor(() => expect(device.attempts).toHaveLength(2), soon);
    await device.rest();
    const pending = await leadbox.outbox.pending(leads[2]);
    expect(pending).toMatchObject([{ sent: true }]);
    await expect(leadbox.outbox.discard(pending[0]?.seq ?? 0)).rejects.toMatchObject({ code: 'edit-in-flight' });
  });
});
