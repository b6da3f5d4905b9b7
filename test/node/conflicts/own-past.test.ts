import { describe, expect, it, vi } from 'vitest';
import type { Conflict, LeadboxOptions } from '../../../src/index.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice, type DeviceOptions } from '../../builders/a-leadbox.ts';

const id = leadId(0);

describe('R36, R38 an edit never conflicts with the same device’s earlier edits', () => {
  it.each([{ etag: true }, { etag: false, checkBeforeSend: true }])('made offline, ten in a row: %o', async (how) => {
    const { device, leadbox, onConflict } = await aTab(how, { coalesce: false });
    for (let number = 1; number <= 10; number += 1) await leadbox.patch(id, { properties: { a: number } });
    expect(await leadbox.sync()).toMatchObject({ synced: 10, pending: 0, parked: 0 });
    expect(device.attempts).toHaveLength(10);
    expect(onConflict).not.toHaveBeenCalled();
  });

  it('one of which made an object and the next one flattened it', async () => {
    const { leadbox, onConflict } = await aTab({ checkBeforeSend: true });
    await leadbox.patch(id, { properties: { x: { y: 1 } } });
    await leadbox.patch(id, { properties: { x: 5 } });
    await leadbox.patch(id, { summary: { notes: 'typed' } });
    await leadbox.patch(id, { summary: null });
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 0 });
    expect(onConflict).not.toHaveBeenCalled();
  });

  it('one of which was discarded in the middle', async () => {
    const { device, leadbox, onConflict } = await aTab({ checkBeforeSend: true });
    await leadbox.patch(id, { properties: { a: 1 } });
    const second = await leadbox.patch(id, { properties: { a: 2, b: null } });
    const third = await leadbox.patch(id, { properties: { a: 3, b: { c: 1 } } });
    await leadbox.patch(id, { properties: { b: { d: 2 } } });
    await leadbox.outbox.discard(second.seq);
    await leadbox.outbox.discard(third.seq);
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 0 });
    expect(onConflict).not.toHaveBeenCalled();
    expect(device.api.lead(id)?.properties).toEqual({ a: 1, b: { c: 0, d: 2 } });
  });

  it('one of which was refused', async () => {
    const { device, leadbox, onConflict } = await aTab({ checkBeforeSend: true });
    device.intercept = ({ text }) => (text.includes('bad') ? new Response('{}', { status: 422 }) : undefined);
    await leadbox.patch(id, { properties: { a: 1, z: 'bad' } });
    await leadbox.patch(id, { properties: { a: 2 } });
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 1 });
    expect(onConflict).not.toHaveBeenCalled();
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 2 });
  });

  it('that arrived while its answer was lost, and was refused with 412 when it was repeated', async () => {
    const { device, leadbox, onConflict } = await aTab({ etag: true });
    await leadbox.patch(id, { properties: { a: 1 } });
    device.api.next('lost-answer');
    await leadbox.sync();
    await leadbox.patch(id, { properties: { a: 2 } });
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 0 });
    expect(onConflict).not.toHaveBeenCalled();
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 2 });
  });

  it.each(['waits', 'is refused', 'is discarded'])('one of which came from another device and %s', async (fate) => {
    const { device, leadbox, onConflict } = await aTab({ checkBeforeSend: true }, { coalesce: fate === 'waits' });
    device.intercept = ({ text }) => (text.includes('moved') ? new Response('{}', { status: 422 }) : undefined);
    const other = device.tab({ autoSync: false, name: 'other' });
    await other.load(device.api.leads());
    await other.patch(id, { properties: { a: 'moved' } });
    await leadbox.outbox.import(await other.outbox.export());
    const edit = await leadbox.patch(id, { properties: { a: 'typed' } });
    if (fate === 'is discarded') await leadbox.outbox.discard(edit.seq - 1);
    await leadbox.sync();
    expect(onConflict).not.toHaveBeenCalled();
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 'typed' });
    // What it replaced was somebody's word only if it was sent before.
    const restored = (await edit.undo())?.patch.properties;
    expect(restored).toEqual(fate === 'waits' ? { a: 'moved' } : undefined);
  });

  it('one of which had removed the object that an earlier one changes, when all go anew one by one', async () => {
    const { device, leadbox, onConflict } = await aTab({ sections: 'replace' }, { sections: 'replace' });
    for (const b of [{ d: 1 }, 2, null]) await leadbox.patch(id, { properties: { b } });
    device.intercept = () => void device.api.next('lost-answer');
    await leadbox.sync();
    expect(device.api.lead(id)?.properties).toEqual({ a: 0 });
    device.intercept = ({ text }) => (text.includes('bad') ? new Response('{}', { status: 422 }) : undefined);
    await leadbox.patch(id, { properties: { a: 'bad' } });
    await device.clock.advance(120_000);
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 1 });
    expect(onConflict).not.toHaveBeenCalled();
    expect(device.api.lead(id)?.properties).toEqual({ a: 0 });
  });

  it.each([true, false])('one of which the server stored with a null in it, or in other words (%s)', async (isNull) => {
    const how = isNull ? ({ sections: 'replace' } as const) : { checkBeforeSend: true };
    const { device, leadbox, onConflict } = await aTab(how, { coalesce: false });
    device.intercept = ({ leadId: of, text, headers }) =>
      device.api.fetch(`/api/v1/leads/${of}`, { method: 'PATCH', headers, body: text.replace(' x ', 'x') });
    await leadbox.patch(id, { properties: isNull ? { b: { c: null } } : { a: ' x ' } });
    await leadbox.patch(id, { properties: isNull ? { b: 5 } : { a: 'y' } });
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 0 });
    expect(onConflict).not.toHaveBeenCalled();
    expect(device.api.lead(id)?.properties).toMatchObject(isNull ? { b: 5 } : { a: 'y' });
  });

  it('but the removal of an object is theirs, also if an edit of ours made it anew since', async () => {
    const { device, leadbox, onConflict } = await aTab({ checkBeforeSend: true }, { coalesce: false });
    await leadbox.patch(id, { properties: { b: { d: 1 } } });
    await leadbox.patch(id, { properties: { b: 5 } });
    device.api.change(id, { properties: { b: null } });
    expect(await leadbox.sync()).toMatchObject({ synced: 1, parked: 1 });
    expect(onConflict).toHaveBeenCalledWith(
      expect.objectContaining({ base: { c: 0, d: 1 }, mine: 5, theirs: { d: 1 } }),
    );
  });

  it('and one that goes anew one by one is taken back to what was there, also where an earlier one is refused', async () => {
    const { device, leadbox, onConflict } = await aTab({ sections: 'replace' }, { sections: 'replace' });
    await leadbox.patch(id, { properties: { b: { d: 'bad' } } });
    const second = await leadbox.patch(id, { properties: { b: null } });
    device.intercept = () => void device.api.next('lost-answer');
    await leadbox.sync();
    device.intercept = ({ text }) => (text.includes('bad') ? new Response('{}', { status: 422 }) : undefined);
    await leadbox.patch(id, { properties: { a: 'bad' } });
    await device.clock.advance(120_000);
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 2 });
    expect(onConflict).not.toHaveBeenCalled();
    expect((await second.undo())?.patch).toEqual({ properties: { b: { c: 0 } } });
  });

  it('but somebody else’s value is theirs, also if it is one that was typed here on the way', async () => {
    const { device, leadbox, onConflict } = await aTab({ checkBeforeSend: true });
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.patch(id, { properties: { a: 2 } });
    device.api.change(id, { properties: { a: 1 } });
    await leadbox.sync();
    expect(onConflict).toHaveBeenCalledWith(expect.objectContaining({ base: 0, mine: 2, theirs: 1 }));
  });

  it('nor does a new edit after the server took the one before', async () => {
    const { leadbox, onConflict } = await aTab({ etag: true, checkBeforeSend: true });
    for (const a of [1, 2, 3]) {
      await leadbox.patch(id, { properties: { a } });
      expect(await leadbox.sync()).toMatchObject({ synced: 1, parked: 0 });
    }
    expect(onConflict).not.toHaveBeenCalled();
  });
});

async function aTab({ checkBeforeSend = false, ...api }: DeviceOptions & LeadboxOptions, more: LeadboxOptions = {}) {
  const device = aDevice({ ...api, leads: [aLead({ properties: { a: 0, b: { c: 0 } } })] } as DeviceOptions);
  const onConflict = vi.fn((_: Conflict) => 'ask' as const);
  const leadbox = await device.loadedTab({ autoSync: false, checkBeforeSend, onConflict, ...more });
  await leadbox.refresh(id);
  return { device, leadbox, onConflict };
}
