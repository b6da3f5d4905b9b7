import { describe, expect, it, vi } from 'vitest';
import type { Conflict, JsonObject, Leadbox, LeadboxEvent, LeadboxOptions } from '../../../src/index.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice, type Device } from '../../builders/a-leadbox.ts';

const id = leadId(0);
const nonsense = (value: unknown) => () => value as 'mine'; // what JavaScript lets through

describe('R37 onConflict says', () => {
  it('mine: the PATCH goes, and the question is not asked again', async () => {
    const { device, leadbox, onConflict, edits } = await aConflict(() => 'mine');
    device.api.next(200); // the look
    expect(await leadbox.sync()).toMatchObject({ pending: 1 });
    await leadbox.sync();
    expect(await edits[0]?.settled).toMatchObject({ outcome: 'synced' });
    expect(device.api.lead(id)?.properties).toEqual({ a: 'mine', b: 'mine' });
    expect(onConflict).toHaveBeenCalledTimes(1);
  });

  it('theirs: that path yields and the rest is sent', async () => {
    const { device, leadbox, edits } = await aConflict(() => 'theirs');
    await leadbox.sync();
    expect(await edits[0]?.settled).toMatchObject({
      outcome: 'synced',
      lead: { properties: { a: 'theirs', b: 'mine' } },
    });
    expect(device.attempts.map(({ text }) => text)).toEqual(['{"properties":{"b":"mine"}}']);
  });

  it('theirs about everything: synced without a request', async () => {
    const { device, leadbox, edits } = await aConflict(() => 'theirs', [{ a: 'mine' }]);
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
    expect(await edits[0]?.settled).toMatchObject({ outcome: 'synced', lead: { properties: { a: 'theirs' } } });
    expect(device.attempts).toEqual([]);
  });

  it.each<[string, unknown, unknown]>([
    ['a scalar', 'both', 'both'],
    ['nothing', null, undefined],
    ['a list', ['mine', null, 'theirs'], ['mine', null, 'theirs']],
    ['an object', { x: { y: 1 } }, { x: { y: 1 } }],
  ])('a value, %s: it is sent in the place of mine', async (_, value, after) => {
    const { device, leadbox, onConflict } = await aConflict(nonsense({ value }));
    await leadbox.sync();
    expect(await leadbox.status()).toMatchObject({ pending: 0, parked: 0 });
    expect(device.api.lead(id)?.properties?.a).toEqual(after);
    expect(onConflict).toHaveBeenCalledTimes(1);
  });

  it('an object: it replaces theirs, and is not merged into it', async () => {
    const { device, leadbox } = await aConflict(nonsense({ value: { z: 1 } }), [{ a: 'mine' }], { a: { x: 1, z: 0 } });
    await leadbox.sync();
    expect(device.api.lead(id)?.properties?.a).toEqual({ z: 1 });
    expect((await leadbox.get(id))?.lead.properties?.a).toEqual({ z: 1 });
  });

  it('what they have anyway: synced without a request', async () => {
    const { device, leadbox } = await aConflict(() => ({ value: 'theirs' }), [{ a: 'mine' }]);
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
    expect(device.attempts).toEqual([]);
  });

  it.each<[string, LeadboxOptions['onConflict']]>([
    ['ask', () => 'ask'],
    ['nothing', nonsense(undefined)],
    ['yes', nonsense('yes')],
    ['a promise', nonsense(Promise.resolve('mine'))],
    ['what is no JSON', nonsense({ value: Number.NaN })],
    ['an undefined value', nonsense({ value: undefined })],
    ['an error', () => assertNever()],
  ])('%s: the edit is parked with the three values, and the drain goes on', async (_, decide) => {
    const { device, leadbox, edits, events } = await aConflict(decide);
    await leadbox.patch(id, { location: { city: 'Bonn' } });
    await leadbox.patch(leadId(1), { properties: { c: 1 } });
    expect(await leadbox.sync()).toMatchObject({ parked: 1, pending: 0 });
    const conflict = { leadId: id, path: ['properties', 'a'], base: 0, mine: 'mine', theirs: 'theirs' };
    expect(await edits[0]?.settled).toMatchObject({
      outcome: 'parked',
      edit: { reason: 'conflict', conflicts: [conflict], patch: { properties: { a: 'mine', b: 'mine' } } },
    });
    expect(events.filter(({ type }) => type === 'parked')).toHaveLength(1);
    expect((await leadbox.get(id))?.lead).toMatchObject({ properties: { a: 'theirs' }, location: { city: 'Bonn' } });
    expect(device.api.lead(id)?.location).toMatchObject({ city: 'Bonn' });
    expect(device.api.lead(leadId(1))?.properties).toMatchObject({ c: 1 });
  });

  it('a section that is none: the edit is parked as a conflict, not as one that the server refused', async () => {
    const { device, leadbox } = await aConflict(() => ({ value: 'text' }), [null]);
    await leadbox.sync();
    expect(await leadbox.outbox.parked()).toMatchObject([{ reason: 'conflict', patch: { properties: null } }]);
    expect(device.attempts).toEqual([]);
  });
});

describe('R37 of several edits of the same path that go together', () => {
  const typed = [{ a: 1 }, { a: 2, b: 2 }, { a: 3 }];

  it.each<[string, LeadboxOptions['onConflict'], unknown]>([
    ['mine', () => 'mine', 3],
    ['theirs', () => 'theirs', 'theirs'],
    ['a value', () => ({ value: 'both' }), 'both'],
  ])('one question is asked; %s holds for all, also if the request is refused again', async (_, decide, left) => {
    const { device, leadbox, onConflict, edits } = await aConflict(decide, typed);
    device.intercept = () => {
      device.intercept = undefined;
      return new Response('{}', { status: 409 });
    };
    await leadbox.sync();
    expect(onConflict).toHaveBeenCalledTimes(1);
    expect(onConflict.mock.calls[0]?.[0]).toMatchObject({ base: 0, mine: 3, theirs: 'theirs' });
    for (const edit of edits) expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.api.lead(id)?.properties).toEqual({ a: left, b: 2 });
  });

  it('ask parks each that set it; a later one conflicts no more than they did', async () => {
    const { device, leadbox, onConflict } = await aConflict(() => 'ask', typed.slice(0, 2));
    await leadbox.patch(id, { properties: { c: 4 } });
    expect(await leadbox.sync()).toMatchObject({ parked: 2, pending: 0 });
    expect(device.api.lead(id)?.properties).toEqual({ a: 'theirs', c: 4 });
    // Typed on what they set: nobody else changed that since.
    await leadbox.patch(id, { properties: { a: 5 } });
    expect(await leadbox.sync()).toMatchObject({ parked: 2, pending: 0 });
    expect(onConflict).toHaveBeenCalledTimes(1);
    expect(device.api.lead(id)?.properties).toEqual({ a: 5, c: 4 });
  });
});

describe('R37, R63 a parked conflict', () => {
  it('is resolved by outbox.retry, as it was or amended, and does not conflict again', async () => {
    const { device, leadbox, onConflict } = await aConflict(() => 'ask');
    await leadbox.sync();
    const [parked] = await leadbox.outbox.parked();
    await leadbox.outbox.retry(parked?.seq ?? 0, (draft) => {
      if (draft.properties) draft.properties.a = 'mine and theirs';
    });
    expect(await leadbox.sync()).toMatchObject({ synced: 1, parked: 0, pending: 0 });
    expect(device.api.lead(id)?.properties).toEqual({ a: 'mine and theirs', b: 'mine' });
    expect(onConflict).toHaveBeenCalledTimes(1);
  });

  it('survives a reload with its values, and can be discarded', async () => {
    const { device, leadbox } = await aConflict(() => 'ask');
    await leadbox.sync();
    const before = await leadbox.outbox.parked();
    await leadbox.close();
    const reloaded = device.tab({ autoSync: false });
    expect(await reloaded.outbox.parked()).toEqual(before);
    await reloaded.outbox.discard(before[0]?.seq ?? 0);
    expect(await reloaded.status()).toMatchObject({ state: 'synced' });
  });
});

async function aConflict(
  decide: LeadboxOptions['onConflict'],
  typed: readonly (JsonObject | null)[] = [{ a: 'mine', b: 'mine' }],
  theirs: JsonObject = { a: 'theirs' },
) {
  const device: Device = aDevice({ leads: [aLead({ properties: { a: 0 } }), aLead({ id: leadId(1) })] });
  const onConflict = vi.fn((conflict: Conflict) => decide?.(conflict) ?? (undefined as unknown as 'mine')); // as above
  const events: LeadboxEvent[] = [];
  const leadbox: Leadbox = await device.loadedTab({
    ...{ autoSync: false, checkBeforeSend: true, onConflict, onEvent: (event) => events.push(event) },
  });
  const edits = [];
  for (const properties of typed) edits.push(await leadbox.patch(id, { properties: properties as null })); // as above
  device.api.change(id, { properties: theirs });
  return { device, leadbox, onConflict, edits, events };
}

function assertNever(): never {
  throw new Error('A resolver with a bug.');
}
