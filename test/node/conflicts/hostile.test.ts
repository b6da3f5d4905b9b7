import { describe, expect, it } from 'vitest';
import type { Conflict, JsonObject, LeadboxOptions } from '../../../src/index.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice } from '../../builders/a-leadbox.ts';

const id = leadId(0);
const parse = (text: string) => JSON.parse(text) as Record<string, never>; // JSON in these tests

describe('R10, R36 members named __proto__, constructor and the like are data in conflicts too', () => {
  it.each<[string, LeadboxOptions['onConflict'], string]>([
    ['mine', () => 'mine', '{"__proto__":{"x":1},"constructor":{"prototype":1}}'],
    ['theirs', () => 'theirs', '{"__proto__":{"x":2},"constructor":{"prototype":2}}'],
    [
      'a value',
      () => ({ value: { y: [null] } }),
      '{"__proto__":{"x":{"y":[null]}},"constructor":{"prototype":{"y":[null]}}}',
    ],
  ])('%s', async (_, decide, expected) => {
    const { device, leadbox, asked } = await aConflict(decide);
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 0 });
    expect(asked.map(({ path, base, theirs }) => [path, base, theirs])).toEqual([
      [['properties', '__proto__', 'x'], 0, 2],
      [['properties', 'constructor', 'prototype'], 0, 2],
    ]);
    expect(JSON.stringify(device.api.lead(id)?.properties)).toBe(expected);
    expect(JSON.stringify((await leadbox.get(id))?.lead.properties)).toBe(expected);
    expect({}).not.toHaveProperty('x');
  });

  it('ask, export, import and retry', async () => {
    const { device, leadbox } = await aConflict(() => 'ask');
    expect(await leadbox.sync()).toMatchObject({ parked: 1 });
    const [parked] = await leadbox.outbox.parked();
    await leadbox.outbox.retry(parked?.seq ?? 0);
    await leadbox.sync();
    expect(JSON.stringify(device.api.lead(id)?.properties)).toBe('{"__proto__":{"x":1},"constructor":{"prototype":1}}');
  });

  it('a conflict 90 levels deep', async () => {
    const deep = (value: unknown) => Array.from({ length: 90 }).reduce<unknown>((inner) => ({ d: inner }), value);
    const device = aDevice({ leads: [aLead({ properties: deep(0) as JsonObject })] });
    const asked: Conflict[] = [];
    const leadbox = await device.loadedTab({
      ...{ autoSync: false, checkBeforeSend: true },
      onConflict: (conflict) => {
        asked.push(conflict);
        return { value: 'both' };
      },
    });
    await leadbox.patch(id, { properties: deep(1) as Record<string, never> });
    device.api.change(id, { properties: deep(2) as JsonObject });
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 0 });
    expect(asked.map(({ path }) => path.length)).toEqual([91]);
    expect(device.api.lead(id)?.properties).toEqual(deep('both'));
  });
});

describe('R37 a resolver that', () => {
  it('changes what it is given does not change what the server said', async () => {
    const { device, leadbox } = await aConflict(
      ({ theirs, mine }) => {
        (theirs as number[]).push(...(mine as number[]));
        return { value: theirs as number[] };
      },
      (typed) => ({ a: [typed] }),
    );
    await leadbox.sync();
    expect(device.api.lead(id)?.properties).toEqual({ a: [2, 1] });
    expect(device.attempts).toHaveLength(1);
  });

  it('gives a value that is too deep for its place parks the edit', async () => {
    const deep = (value: unknown) => Array.from({ length: 60 }).reduce<unknown>((inner) => ({ d: inner }), value);
    const { device, leadbox } = await aConflict(() => ({ value: deep(1) as JsonObject }), deep);
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 1 });
    expect(device.attempts).toEqual([]);
  });
});

const hostile = (value: number) => parse(`{"__proto__":{"x":${value}},"constructor":{"prototype":${value}}}`);

/** Somebody sets to 2 what is set to 1 here and was 0. */
async function aConflict(decide: LeadboxOptions['onConflict'], properties: (value: number) => unknown = hostile) {
  const device = aDevice({ leads: [aLead({ properties: properties(0) as JsonObject })] });
  const asked: Conflict[] = [];
  const leadbox = await device.loadedTab({
    ...{ autoSync: false, checkBeforeSend: true },
    onConflict: (conflict) => {
      asked.push(conflict);
      return decide?.(conflict) ?? 'mine';
    },
  });
  await leadbox.patch(id, { properties: properties(1) as Record<string, never> });
  device.api.change(id, { properties: properties(2) as JsonObject });
  return { device, leadbox, asked };
}
