import { describe, expect, it, vi } from 'vitest';
import type { LeadboxOptions } from '../../../src/index.ts';
import { aFailingStorage } from '../../builders/a-failing-storage.ts';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, type Device, soon } from '../../builders/a-leadbox.ts';

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
