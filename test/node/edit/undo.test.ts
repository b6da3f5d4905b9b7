import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import type { JsonObject } from '../../../src/index.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice, soon, valuesOf } from '../../builders/a-leadbox.ts';
import { deadChannel } from '../../builders/a-tab.ts';

const id = leadId(0);
const stopped = { autoSync: false };

describe('edit.undo() of an edit that was not sent', () => {
  it('drops it: nothing is sent, and the view is what remains', async () => {
    const { device, leadbox, properties } = await aTab({ a: 0 });
    const views = valuesOf(leadbox.observe(id));
    const edit = await leadbox.patch(id, { properties: { a: 1, b: 1 } });
    await leadbox.patch(id, { properties: { b: 2 } });
    expect(await edit.undo()).toBeUndefined();
    expect(await edit.settled).toEqual({ outcome: 'discarded' });
    expect(await properties()).toEqual({ a: 0, b: 2 });
    await vi.waitFor(() => expect(views.at(-1)?.lead.properties).toEqual({ a: 0, b: 2 }), soon);
    await leadbox.sync();
    expect(device.attempts.map(({ text }) => text)).toEqual(['{"properties":{"b":2}}']);
  });

  it('drops a parked one', async () => {
    const { device, leadbox } = await aTab({});
    device.api.next(422);
    const edit = await leadbox.patch(id, { properties: { a: 'bad' } });
    await leadbox.sync();
    expect(await edit.undo()).toBeUndefined();
    expect(await leadbox.status()).toMatchObject({ state: 'synced', parked: 0 });
  });

  it('takes it back once: a later edit to the same value stays', async () => {
    const { leadbox, properties } = await aTab({ a: 0 });
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    await edit.undo();
    await leadbox.patch(id, { properties: { a: 1 } });
    expect(await edit.undo()).toBeUndefined();
    expect(await properties()).toEqual({ a: 1 });
  });
});

describe('edit.undo() of an edit that the server has', () => {
  it('takes back what the server made of it, of the latest edit in a batch only', async () => {
    const { device, leadbox, properties } = await aTab({ name: 'Al' });
    device.intercept = () => {
      device.api.change(id, { properties: { name: 'Bob' } }); // without spaces
      return Response.json({ data: device.api.lead(id) });
    };
    const first = await leadbox.patch(id, { properties: { name: 'B ' } });
    const second = await leadbox.patch(id, { properties: { name: 'Bob ' } });
    await leadbox.sync();
    device.intercept = undefined;
    expect(await first.undo()).toBeUndefined();
    expect(await properties()).toEqual({ name: 'Bob' });
    await second.undo();
    expect(await properties()).toEqual({ name: 'B ' });
  });

  it('leaves what may be somebody else’s: the answer to the same request once more', async () => {
    const device = aDevice({ leads: [aLead({ properties: { phone: 1 } })] });
    const leadbox = await device.loadedTab({ ...stopped, idempotencyHeader: 'Idempotency-Key' });
    const edit = await leadbox.patch(id, { properties: { phone: 2 } });
    device.api.next('lost-answer');
    await leadbox.sync();
    device.api.change(id, { properties: { phone: 3 } });
    device.intercept = () => Response.json({ data: device.api.lead(id) }); // known by its id, it is not applied again
    await leadbox.sync();
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(await edit.undo()).toBeUndefined();
    expect((await leadbox.get(id))?.lead.properties).toEqual({ phone: 3 });
  });

  it('leaves what somebody wrote since the server made something of it', async () => {
    const { device, leadbox, properties } = await aTab({ name: 'Al' });
    device.intercept = () => {
      device.api.change(id, { properties: { name: 'Bob' } });
      return Response.json({ data: device.api.lead(id) });
    };
    const edit = await leadbox.patch(id, { properties: { name: 'Bob ' } });
    await leadbox.sync();
    device.api.change(id, { properties: { name: 'Rob' } });
    await leadbox.refresh(id);
    expect(await edit.undo()).toBeUndefined();
    expect(await properties()).toEqual({ name: 'Rob' });
  });

  it.each<[string, JsonObject, JsonObject, JsonObject]>([
    ['a value', { a: 0 }, { a: 1 }, { a: 0 }],
    ['a new member', {}, { a: 1 }, {}],
    ['a removed one', { a: [1, null] }, { a: null }, { a: [1, null] }],
    ['nested members', { a: { x: 1, y: { z: 2 } } }, { a: { x: 3, y: null, q: 4 } }, { a: { x: 1, y: { z: 2 } } }],
    ['a list', { a: [1, 2] }, { a: [2, 1] }, { a: [1, 2] }],
    ['an object by a scalar', { a: { x: 1 } }, { a: 5 }, { a: { x: 1 } }],
    ['a scalar by an object', { a: 5 }, { a: { x: 1, y: 2 } }, { a: 5 }],
    ['a scalar by empty objects', { a: 5 }, { a: { x: { y: null }, z: null } }, { a: 5 }],
  ])('restores %s with a new edit', async (_, before, change, after) => {
    const { device, leadbox, properties } = await aTab(before);
    const edit = await leadbox.patch(id, { properties: change as Record<string, never> }); // JSON in these tests
    await leadbox.sync();
    const restoring = await edit.undo();
    expect(restoring?.seq).toBeGreaterThan(edit.seq);
    expect(await properties()).toEqual(after);
    await leadbox.sync();
    expect(await restoring?.settled).toMatchObject({ outcome: 'synced' });
    expect(device.api.lead(id)?.properties).toEqual(after);
  });

  it('leaves alone what somebody changed since, here or elsewhere', async () => {
    const { device, leadbox, properties } = await aTab({ a: 0, b: 0, c: 0 });
    const edit = await leadbox.patch(id, { properties: { a: 1, b: 1, c: 1 }, location: { city: 'Bonn' } });
    await leadbox.sync();
    device.api.change(id, { properties: { b: 'theirs' } });
    await leadbox.refresh(id);
    await leadbox.patch(id, { properties: { c: 'later' } });
    expect((await edit.undo())?.patch).toEqual({ properties: { a: 0 }, location: { city: 'San Francisco' } });
    expect(await properties()).toEqual({ a: 0, b: 'theirs', c: 'later' });
  });

  it('restores a scalar only if nothing else is in the object that took its place', async () => {
    const { device, leadbox, properties } = await aTab({ a: 5 });
    const edit = await leadbox.patch(id, { properties: { a: { x: 1, y: 2 } } });
    await leadbox.sync();
    device.api.change(id, { properties: { a: { z: 'theirs' } } });
    await leadbox.refresh(id);
    await edit.undo();
    expect(await properties()).toEqual({ a: { z: 'theirs' } });
  });

  it('of a note in an empty section clears the note and no other', async () => {
    const { device, leadbox } = await aTab({});
    const edit = await leadbox.patch(id, { summary: { notes: 'typed' } });
    await leadbox.sync();
    device.api.change(id, { summary: { score: 7 } });
    await edit.undo();
    await leadbox.sync();
    expect(device.api.lead(id)?.summary).toEqual({ score: 7 });
  });

  it('brings nothing back into an object that somebody replaced by something else', async () => {
    const { device, leadbox, properties } = await aTab({ a: { x: 1, y: 2 } });
    const edit = await leadbox.patch(id, { properties: { a: { y: null } } });
    await leadbox.sync();
    device.api.change(id, { properties: { a: 'theirs' } });
    await leadbox.refresh(id);
    expect(await edit.undo()).toBeUndefined();
    expect(await properties()).toEqual({ a: 'theirs' });
  });

  it.each(['this', 'another'])('takes back the value that was decided for when %s tab sent it', async (which) => {
    const options = { ...stopped, checkBeforeSend: true, onConflict: () => ({ value: 'both' }) };
    const device = aDevice({ leads: [aLead({ properties: { a: 0 } })] });
    const leadbox = await device.loadedTab(options);
    const edit = await leadbox.patch(id, { properties: { a: 'mine' } });
    device.api.change(id, { properties: { a: 'theirs' } });
    device.intercept = async () => {
      await device.rest(); // all tabs hear of it before it is answered
      return undefined;
    };
    await (which === 'this' ? leadbox : device.tab(options)).sync();
    expect(await edit.settled).toMatchObject({ lead: { properties: { a: 'both' } } });
    expect((await edit.undo())?.patch).toEqual({ properties: { a: 'theirs' } });
  });

  it('takes back nothing of an edit that gave way', async () => {
    const device = aDevice({ leads: [aLead({ properties: { a: 0 } })] });
    const leadbox = await device.loadedTab({ ...stopped, checkBeforeSend: true, onConflict: () => 'theirs' });
    const edit = await leadbox.patch(id, { properties: { a: 'mine' } });
    device.api.change(id, { properties: { a: 'theirs' } });
    await leadbox.sync();
    device.api.change(id, { properties: { a: 'mine' } });
    await leadbox.refresh(id);
    expect(await edit.undo()).toBeUndefined();
  });

  it('R67 restores what the server had, whatever the schema says of it', async () => {
    const schemas = { properties: z.object({ a: z.number() }), summary: z.object({ notes: z.string() }) };
    const device = aDevice({ leads: [aLead({ properties: { a: 'not a number' } })] });
    const leadbox = await device.loadedTab({ ...stopped, schemas });
    const edit = await leadbox.patch(id, { properties: { a: 1 }, summary: { notes: 'typed' } });
    await leadbox.sync();
    await edit.undo();
    await leadbox.sync();
    expect(device.api.lead(id)).toMatchObject({ properties: { a: 'not a number' }, summary: {} });
  });

  it('does not take keys with commas for paths', async () => {
    const { device, leadbox, properties } = await aTab({ 'a,b': 0, a: { b: 0 } });
    const edit = await leadbox.patch(id, { properties: { 'a,b': 1, a: { b: 1 } } });
    await leadbox.sync();
    device.api.change(id, { properties: { 'a,b': 'theirs' } });
    await leadbox.refresh(id);
    await edit.undo();
    expect(await properties()).toEqual({ 'a,b': 'theirs', a: { b: 0 } });
  });

  it('leaves alone what another tab changed just now', async () => {
    const deaf = { ...stopped, environment: { channel: deadChannel } };
    const device = aDevice({ leads: [aLead({ properties: { a: 0 } })] });
    const leadbox = await device.loadedTab(deaf);
    const views = valuesOf(leadbox.observe(id));
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    await device.tab(deaf).patch(id, { properties: { a: 2 } });
    expect(views.at(-1)?.lead.properties).toEqual({ a: 1 });
    expect(await edit.undo()).toBeUndefined();
    expect((await leadbox.get(id))?.lead.properties).toEqual({ a: 2 });
  });

  it('twice does it once, and undoing the undoing does it again', async () => {
    const { leadbox, properties } = await aTab({ a: 0 });
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    const [first, second] = await Promise.all([edit.undo(), edit.undo()]);
    expect([first?.patch, second]).toEqual([{ properties: { a: 0 } }, undefined]);
    await leadbox.sync();
    await first?.undo();
    expect(await properties()).toEqual({ a: 1 });
  });

  it('never brings back what an earlier edit set that was taken back or refused itself', async () => {
    const { device, leadbox, properties } = await aTab({ a: 0 });
    const first = await leadbox.patch(id, { properties: { a: 1 } });
    const second = await leadbox.patch(id, { properties: { a: 2 } });
    await first.undo();
    await leadbox.sync();
    await second.undo();
    expect(await properties()).toEqual({ a: 0 });
    await leadbox.sync();

    device.intercept = ({ text }) => (text.includes('bad') ? new Response('{}', { status: 422 }) : undefined);
    await leadbox.patch(id, { properties: { a: 1, b: 'bad' } });
    const fine = await leadbox.patch(id, { properties: { a: 3 } });
    await leadbox.sync();
    await fine.undo();
    expect(await properties()).toEqual({ a: 0 });
  });
});

describe('edit.undo() of an edit on its way', () => {
  it('follows it with an edit that restores, whether it arrives or not', async () => {
    for (const fault of ['hang', 'lost-answer'] as const) {
      const { device, leadbox, properties } = await aTab({ a: 0 });
      device.api.next(fault);
      const edit = await leadbox.patch(id, { properties: { a: 1 } });
      const sending = leadbox.sync();
      await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
      expect((await edit.undo())?.patch).toEqual({ properties: { a: 0 } });
      expect(await properties()).toEqual({ a: 0 });
      await device.clock.advance(120_000);
      await sending;
      await leadbox.sync();
      expect(await leadbox.status()).toMatchObject({ pending: 0 });
      expect(device.api.lead(id)?.properties).toEqual({ a: 0 });
    }
  });

  it('of two that went together restores what was there before both', async () => {
    const { device, leadbox, properties } = await aTab({ a: 0 });
    const edits = [
      await leadbox.patch(id, { properties: { a: 1 } }),
      await leadbox.patch(id, { properties: { a: 2 } }),
    ];
    await leadbox.sync();
    expect(device.attempts).toHaveLength(1);
    for (const edit of edits.reverse()) await edit.undo();
    expect(await properties()).toEqual({ a: 0 });
  });
});

async function aTab(properties: JsonObject) {
  const device = aDevice({ leads: [aLead({ properties })] });
  const leadbox = await device.loadedTab(stopped);
  return { device, leadbox, properties: async () => (await leadbox.get(id))?.lead.properties };
}

it('undo of an edit that was discarded, or parked and queued again, leaves alone what others set', async () => {
  const device = aDevice({ leads: [aLead()] });
  const leadbox = await device.loadedTab({ autoSync: false });
  const edit = await leadbox.patch(leadId(0), { properties: { industry: 'Same' } });
  await leadbox.outbox.discard(edit.seq);
  device.api.change(leadId(0), { properties: { industry: 'Same' } });
  await leadbox.refresh(leadId(0));
  expect(await edit.undo()).toBeUndefined();
  expect(await leadbox.outbox.pending()).toEqual([]);
});
