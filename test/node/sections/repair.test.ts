import { describe, expect, it, vi } from 'vitest';
import type { JsonObject, LeadboxEvent, LeadboxOptions } from '../../../src/index.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice, type DeviceOptions, forgetReplay } from '../../builders/a-leadbox.ts';

const id = leadId(0);
const before = { a: 0, b: 0, c: [1] };

describe('R31 what the server removed comes back under pending edits', () => {
  it('so that one which is refused leaves it as it was', async () => {
    const { device, leadbox, damageAround } = await aTab();
    const edits = await damageAround({ c: 'typed' });
    device.intercept = ({ text }) => (text.includes('typed') ? refusal(422) : undefined);
    await leadbox.sync();
    expect(await edits[0]?.settled).toMatchObject({ outcome: 'parked' });
    expect(await leadbox.status()).toMatchObject({ pending: 0, parked: 1 });
    expect(device.api.lead(id)?.properties).toEqual({ ...before, a: 1 });
    expect((await leadbox.get(id))?.lead.properties).toEqual({ ...before, a: 1 });
  });

  it.each([
    ['discarded', (edit: { seq: number }, leadbox: Tab['leadbox']) => leadbox.outbox.discard(edit.seq)],
    ['undone', (edit: { undo(): Promise<unknown> }) => edit.undo()],
  ])('and one which is %s', async (_, takeBack) => {
    const { device, leadbox, damageAround } = await aTab();
    const [edit] = await damageAround({ c: 'typed' });
    if (!edit) throw new Error('There is one.');
    await takeBack(edit, leadbox);
    expect((await leadbox.get(id))?.lead.properties).toEqual({ ...before, a: 1 });
    await leadbox.sync();
    expect(device.api.lead(id)?.properties).toEqual({ ...before, a: 1 });
    expect(await leadbox.status()).toMatchObject({ pending: 0, parked: 0 });
  });

  it('and one which cleared it stays in force', async () => {
    const { device, leadbox, damageAround } = await aTab();
    await damageAround({ c: null });
    await leadbox.sync();
    expect(device.api.lead(id)?.properties).toEqual({ a: 1, b: 0 });
  });

  it('before later edits of the lead, in the order of all edits', async () => {
    const { leadbox, damageAround } = await aTab();
    const [edit] = await damageAround({ c: 'typed' });
    const seqs = (await leadbox.outbox.pending()).map(({ seq }) => seq);
    expect(seqs).toHaveLength(2);
    expect(seqs[1]).toBe(edit?.seq);
    expect(seqs[0]).toBeLessThan(edit?.seq ?? 0);
  });

  it('as often as it happens, and no record of an earlier time is overwritten', async () => {
    const { device, leadbox, damageAround, options } = await aTab();
    for (const seen of [1, 2]) {
      await damageAround({ c: `typed ${seen}` });
      device.intercept = ({ text }) => (text.includes('"b"') ? refusal(422) : undefined);
      await leadbox.sync();
      expect(await leadbox.status()).toMatchObject({ pending: 0 });
      // As if another server of the same name had learned nothing yet.
      device.intercept = undefined;
      device.api.change(id, { properties: { ...before, c: [1] } });
      await leadbox.refresh(id);
      await leadbox.close();
      await forgetReplay(device);
      Object.assign(leadbox, device.tab(options));
    }
    const parked = await leadbox.outbox.parked();
    expect(parked.map(({ patch }) => patch)).toEqual([1, 2].map(() => ({ properties: { b: 0, c: [1] } })));
  });

  it('nobody asks about it, and it is not parked with an edit that is asked about', async () => {
    const { device, leadbox, damageAround } = await aTab({}, { onConflict: () => 'ask' });
    await damageAround({ c: 'typed' });
    device.api.change(id, { properties: { a: 1, c: 'theirs' } });
    await leadbox.sync();
    expect((await leadbox.outbox.parked()).map(({ patch }) => patch)).toEqual([{ properties: { c: 'typed' } }]);
    expect(device.api.lead(id)?.properties).toEqual({ a: 1, b: 0, c: 'theirs' });
  });

  it('where it yields to somebody, an edit on the same path still conflicts with him', async () => {
    const { device, leadbox, damageAround, onConflict } = await aTab();
    await damageAround({ c: 'typed' });
    device.api.change(id, { properties: { a: 1, c: 'theirs' } });
    await leadbox.sync();
    expect(onConflict.mock.calls).toEqual([
      [{ leadId: id, path: ['properties', 'c'], base: [1], mine: 'typed', theirs: 'theirs' }],
    ]);
    expect(device.api.lead(id)?.properties).toEqual({ a: 1, b: 0, c: 'typed' });
  });

  it('a parked edit of before that is tried again keeps its own value', async () => {
    const { device, leadbox, damageAround } = await aTab();
    device.intercept = () => refusal(422);
    const parked = await leadbox.patch(id, { properties: { b: 'mine' } });
    await leadbox.sync();
    device.intercept = undefined;
    await damageAround({ c: 'typed' });
    await leadbox.outbox.retry(parked.seq);
    await leadbox.sync();
    expect(device.api.lead(id)?.properties).toEqual({ a: 1, b: 'mine', c: 'typed' });
  });
});

describe('R33 in auto, an edit whose answer was lost and whose repetition is refused', () => {
  it.each([403, 422])('with %i is looked at first: it arrived, and what it removed is put back', async (status) => {
    const { device, leadbox, events } = await aTab();
    device.api.next('lost-answer');
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    device.api.next(status);
    await device.clock.advance(40_000);
    await leadbox.sync();
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(await leadbox.status()).toMatchObject({ pending: 0, parked: 0 });
    expect(device.api.lead(id)?.properties).toEqual({ ...before, a: 1 });
    expect(events.filter(({ type }) => type !== 'status').map(({ type }) => type)).toEqual(['sections-replaced']);
  });

  it.each([403, 404, 422])('with %i, and it did not arrive: it is parked', async (status) => {
    const { device, leadbox } = await aTab();
    device.intercept = () => Promise.reject(new TypeError('Failed to fetch'));
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    device.intercept = () => refusal(status);
    await device.clock.advance(40_000);
    await leadbox.sync();
    expect(await edit.settled).toMatchObject({ outcome: 'parked', edit: { status } });
    expect(device.attempts).toHaveLength(3);
    expect(device.api.lead(id)?.properties).toEqual(before);
  });
});

describe('R31 a server that was taken for one that replaces, and merges', () => {
  it('is known by a deletion that it did not take, which is sent again as a merge patch', async () => {
    const { device, leadbox, events, options } = await aTab({ sections: 'merge' });
    // Somebody removes all that our edit leaves alone: it looks as if the server did.
    device.api.change(id, { properties: { b: null, c: null } });
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    const cleared = await leadbox.patch(id, { properties: { b: null } });
    await leadbox.sync();
    expect(await cleared.settled).toMatchObject({ outcome: 'synced' });
    expect(device.api.lead(id)?.properties).toEqual({ a: 1, c: [1] });
    expect((await leadbox.get(id))?.lead.properties).toEqual({ a: 1, c: [1] });
    expect(events.filter(({ type }) => type === 'server-differs')).toEqual([]);
    await leadbox.close();
    const reloaded = device.tab(options);
    await reloaded.patch(id, { properties: { c: null } });
    await reloaded.sync();
    expect(device.attempts.at(-1)?.body).toEqual({ properties: { c: null } });
  });
});

it('R37 a repair that is refused again and again is parked after three new batches', async () => {
  const { device, leadbox } = await aTab();
  device.intercept = () => (device.attempts.length === 1 ? undefined : refusal(409));
  await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.sync();
  await leadbox.sync();
  expect(await leadbox.status()).toMatchObject({ pending: 0, parked: 1 });
  expect(device.attempts).toHaveLength(1 + 4);
});

type Tab = Awaited<ReturnType<typeof aTab>>;

function refusal(status: number): Response {
  return Response.json({ error: { message: 'No.' } }, { status });
}

async function aTab(api: DeviceOptions = {}, more: LeadboxOptions = {}) {
  const properties: JsonObject = before;
  const device = aDevice({ leads: [aLead({ properties })], sections: 'replace', ...api });
  const events: LeadboxEvent[] = [];
  const onConflict = vi.fn(() => 'mine' as const);
  const options = { autoSync: false, onConflict, onEvent: (event: LeadboxEvent) => void events.push(event), ...more };
  const leadbox = await device.loadedTab(options);

  /** Has the server replace a section while further edits of it are typed, and the network fail right after. */
  const damageAround = async (...members: readonly Record<string, string | null>[]) => {
    const typed: Awaited<ReturnType<typeof leadbox.patch>>[] = [];
    device.intercept = async () => {
      device.intercept = () => Promise.reject(new TypeError('Failed to fetch'));
      for (const member of members) typed.push(await leadbox.patch(id, { properties: member }));
      return undefined;
    };
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    device.intercept = undefined;
    return typed;
  };
  return { device, leadbox, events, options, onConflict, damageAround };
}
