import { describe, expect, it, vi } from 'vitest';
import type { Conflict, Environment, LeadboxOptions } from '../../../src/index.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice, soon } from '../../builders/a-leadbox.ts';

const id = leadId(0);
const bodies = ['{"error":"conflict","message":"Not now."}', '<h1>Conflict</h1>', null];

it('R37 a 428 where no If-Match is sent is a refusal like any other', async () => {
  const { device, leadbox } = await aTab({ preconditions: false });
  await leadbox.patch(id, { properties: { a: 1 } });
  refuse(device, 1, () => Response.json({ message: 'If-Match is missing.' }, { status: 428 }));
  expect(await leadbox.sync()).toMatchObject({ parked: 1, pending: 0 });
  expect(device.attempts).toHaveLength(1);
  expect(await leadbox.outbox.parked()).toMatchObject([{ reason: 'rejected', message: 'If-Match is missing.' }]);
});

describe.each([409, 412, 428])('R37 a PATCH refused with %i', (status) => {
  it.each(bodies)('and the body %s: the lead is compared and a new batch is sent', async (body) => {
    const { device, leadbox, onConflict } = await aTab();
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    refuse(device, 1, () => new Response(body, { status }));
    device.api.change(id, { properties: { b: 'theirs' } });
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
    expect(await edit.settled).toMatchObject({ lead: { properties: { a: 1, b: 'theirs' } } });
    expect(device.api.requests.map(({ method }) => method)).toEqual(['GET', 'PATCH']);
    const [first, second] = device.attempts.map(({ headers }) => headers.get('Idempotency-Key'));
    expect(first).not.toBe(second);
    expect(onConflict).not.toHaveBeenCalled();
  });

  it('again and again is parked after three new batches, with the three values and the server’s words', async () => {
    const { device, leadbox } = await aTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    const other = await leadbox.patch(leadId(1), { properties: { a: 1 } });
    refuse(device, Number.POSITIVE_INFINITY, () => Response.json({ message: 'Locked.' }, { status }));
    expect(await leadbox.sync()).toMatchObject({ parked: 1, pending: 0 });
    expect(device.attempts.filter(({ leadId: of }) => of === id)).toHaveLength(4);
    expect(await leadbox.outbox.parked()).toMatchObject([
      {
        ...{ reason: 'conflict', status, message: 'Locked.' },
        conflicts: [{ path: ['properties', 'a'], base: 0, mine: 1, theirs: 0 }],
      },
    ]);
    expect(await other.settled).toMatchObject({ outcome: 'synced' });
  });

  it('counts three times in a row only: a fresh edit has three of its own', async () => {
    const { device, leadbox } = await aTab();
    for (const a of [1, 2]) {
      refuse(device, 3, () => new Response(null, { status }));
      await leadbox.patch(id, { properties: { a } });
      expect(await leadbox.sync()).toMatchObject({ synced: 1, parked: 0, pending: 0 });
    }
  });

  it('although it arrived before is a success, without another PATCH', async () => {
    const { device, leadbox } = await aTab();
    const edit = await leadbox.patch(id, { properties: { a: 1, z: null } });
    device.api.next('lost-answer');
    await leadbox.sync();
    refuse(device, 1, () => new Response(null, { status }));
    expect(await leadbox.sync()).toMatchObject({ synced: 1, parked: 0 });
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.attempts).toHaveLength(2);
  });

  it('goes anew where all it does is to leave an object empty that the server has not', async () => {
    const { device, leadbox } = await aTab();
    await leadbox.patch(id, { properties: { o: { x: 1 } } });
    device.intercept = async () => {
      device.intercept = undefined;
      await leadbox.patch(id, { properties: { o: { x: null } } });
      return new Response(null, { status });
    };
    expect(await leadbox.sync()).toMatchObject({ synced: 2, pending: 0 });
    expect(device.api.lead(id)?.properties?.o).toEqual({});
  });

  it('is compared after a reload too', async () => {
    const { device, leadbox, options, onConflict } = await aTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    refuse(device, 1, () => new Response(null, { status }));
    device.api.next('network-error'); // the look
    device.api.change(id, { properties: { a: 2 } });
    await leadbox.sync();
    await leadbox.close();
    await device.tab(options).sync();
    expect(onConflict).toHaveBeenCalledWith(expect.objectContaining({ base: 0, mine: 1, theirs: 2 }));
  });

  it('with edits made meanwhile: they keep their place behind it', async () => {
    const { device, leadbox } = await aTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    device.intercept = async () => {
      device.intercept = undefined;
      await leadbox.patch(id, { properties: { a: null } });
      await leadbox.patch(id, { properties: { a: { deep: 1 } } });
      return new Response(null, { status });
    };
    expect(await leadbox.sync()).toMatchObject({ synced: 3, pending: 0 });
    expect(device.api.lead(id)?.properties).toMatchObject({ a: { deep: 1 } });
  });
});

describe('R38 If-Match', () => {
  it('carries the ETag of the base at the moment of sending, over reloads and other people’s edits', async () => {
    const { device, leadbox, options } = await aTab({}, true);
    const tags = () => device.attempts.map(({ headers }) => headers.get('If-Match'));
    await leadbox.refresh(id);
    const known = `"${device.api.lead(id)?.updated_at}"`;
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    expect(tags()).toEqual([known]);
    await leadbox.patch(id, { properties: { a: 2 } });
    device.api.change(id, { properties: { b: 'theirs' } });
    const theirs = `"${device.api.lead(id)?.updated_at}"`;
    await leadbox.sync();
    expect(tags().slice(1)).toEqual([expect.any(String), theirs]);
    device.api.next('lost-answer');
    await leadbox.patch(id, { properties: { a: 3 } });
    await leadbox.sync();
    await leadbox.close();
    await device.tab(options).sync();
    expect(tags().at(-1)).toBe(tags().at(-2));
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 3, b: 'theirs' });
  });

  it.each(['refreshed', 'refreshed, and loaded by the next page'])(
    'is known in the next page where the lead was %s while an edit waited',
    async (how) => {
      const { device, leadbox, options, onConflict } = await aTab({}, true);
      await leadbox.patch(id, { properties: { a: 1 } });
      await leadbox.refresh(id);
      await leadbox.close();
      const reloaded = device.tab(options);
      if (how !== 'refreshed') await reloaded.load(device.api.leads());
      device.api.change(id, { properties: { a: 'theirs' } });
      await reloaded.sync();
      expect(onConflict).toHaveBeenCalledWith(expect.objectContaining({ base: 0, mine: 1, theirs: 'theirs' }));
    },
  );

  it.each<[string, LeadboxOptions]>([
    ['to another origin', { baseUrl: 'https://api.example.com/v1' }],
    ['where it is switched off', { preconditions: false }],
  ])('is not sent %s', async (_, more) => {
    const { device, leadbox } = await aTab(more, true);
    await leadbox.refresh(id);
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    expect(device.attempts.map(({ headers }) => headers.has('If-Match'))).toEqual([false]);
  });

  it('is not sent where the ETag is weak, which matches nothing', async () => {
    const { device, options } = await aTab({}, true);
    const weak: Environment['fetch'] = async (url, init) => {
      const answer = await device.environment.fetch?.(url, init);
      answer?.headers.set('ETag', `W/${answer.headers.get('ETag')}`);
      return answer as Response; // a device has a network
    };
    const leadbox = device.tab({ ...options, environment: { fetch: weak } });
    await leadbox.refresh(id);
    for (const a of [1, 2]) {
      await leadbox.patch(id, { properties: { a } });
      expect(await leadbox.sync()).toMatchObject({ synced: 1, parked: 0 });
    }
    expect(device.attempts.map(({ headers }) => headers.has('If-Match'))).toEqual([false, false]);
  });

  it('of two tabs that take turns refuses neither', async () => {
    const { device, leadbox, options } = await aTab({}, true);
    const other = device.tab(options);
    await leadbox.refresh(id);
    for (const [index, tab] of [leadbox, other, leadbox, other].entries()) {
      await tab.patch(id, { properties: { a: index } });
      await tab.sync();
      await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ pending: 0, parked: 0 }), soon);
    }
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 3 });
  });
});

async function aTab(more: LeadboxOptions = {}, etag = false) {
  const properties = { a: 0, b: 0 };
  const device = aDevice({ leads: [aLead({ properties }), aLead({ id: leadId(1), properties })], etag });
  const onConflict = vi.fn((_: Conflict) => 'mine' as const);
  const options = { autoSync: false, onConflict, idempotencyHeader: 'Idempotency-Key', ...more };
  return { device, leadbox: await device.loadedTab(options), onConflict, options };
}

/** The next `times` PATCHes of the first lead get this answer. */
function refuse(device: ReturnType<typeof aDevice>, times: number, answer: () => Response): void {
  let left = times;
  device.intercept = ({ leadId: of }) => {
    if (of !== id || left <= 0) return undefined;
    left -= 1;
    return answer();
  };
}
