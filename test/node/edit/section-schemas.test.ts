import { describe, expect, it, vi } from 'vitest';
import * as classic from 'zod';
import * as mini from 'zod/mini';
import type { LeadQuery } from '../../../src/index.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice, soon, valuesOf } from '../../builders/a-leadbox.ts';

const id = leadId(0);

const zod = {
  properties: classic.object({
    industry: classic.string(),
    score: classic.number().min(0).max(100).optional(),
    contact: classic.object({ email: classic.email() }).optional(),
    tags: classic.array(classic.string()).optional(),
  }),
  location: classic.strictObject({ city: classic.string(), country: classic.string().optional() }),
};
const zodMini = {
  properties: mini.object({
    industry: mini.string(),
    score: mini.optional(mini.number().check(mini.minimum(0), mini.maximum(100))),
    contact: mini.optional(mini.object({ email: mini.email() })),
    tags: mini.optional(mini.array(mini.string())),
  }),
  location: mini.strictObject({ city: mini.string(), country: mini.optional(mini.string()) }),
};

describe.each([
  ['zod', zod],
  ['zod/mini', zodMini],
] as const)('R67 with schemas of %s', (_, schemas) => {
  it.each<[string, object, string[]]>([
    ['a value out of range', { properties: { score: 101 } }, ['properties', 'score']],
    ['a value of the wrong type', { properties: { score: 'high' } }, ['properties', 'score']],
    ['a deep value', { properties: { contact: { email: 'nobody' } } }, ['properties', 'contact', 'email']],
    ['a key that must be there and is deleted', { properties: { industry: null } }, ['properties', 'industry']],
    ['a key that must not be there', { location: { planet: 'Mars' } }, ['location', 'planet']],
    ['an element of an array', { properties: { tags: ['a', 1] } }, ['properties', 'tags', '1']],
  ])('R5 refuses %s, with its path, and queues nothing', async (_what, patch, path) => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ schemas });
    const seen = valuesOf(leadbox.observe(id));
    await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
    const error = await leadbox.patch(id, patch).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'invalid-edit', path });
    expect((error as Error).message).toContain(path.join('.'));
    expect((error as Error).message).not.toMatch(/101|high|nobody|Mars/);
    expect(seen).toHaveLength(1);
    expect(await leadbox.status()).toMatchObject({ pending: 0 });
    expect(device.attempts).toEqual([]);
  });

  it('holds no rule about several members against an edit that it was broken before, and does against one that breaks it', async () => {
    const rule = classic.object({ from: classic.number(), to: classic.number() }).loose();
    const inOrder = rule.refine(({ from, to }) => from <= to);
    const device = aDevice({ leads: [aLead({ properties: { from: 2, to: 1 } })] });
    const leadbox = await device.loadedTab({ schemas: { properties: inOrder } });
    const edit = (properties: { [name: string]: string | number }) => leadbox.patch(id, { properties });
    expect(await edit({ notes: 'a' })).toMatchObject({ seq: 1 });
    await edit({ to: 3 });
    await expect(edit({ to: 1 })).rejects.toMatchObject({ code: 'invalid-edit', path: ['properties'] });
  });

  it('R5 refuses what a recipe does in the same way', async () => {
    const leadbox = await aDevice().loadedTab({ schemas });
    const edit = leadbox.edit(id, (draft) => {
      draft.properties.score = -1;
    });
    await expect(edit).rejects.toMatchObject({ code: 'invalid-edit', path: ['properties', 'score'] });
  });

  it('takes what fits, and what the schema does not name', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ schemas });
    const patch = { properties: { score: 90, extra: { any: 1 } }, location: { city: 'Bonn' } };
    const edit = await leadbox.patch(id, patch);
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.attempts[0]?.body).toEqual(patch);
  });

  it('never refuses what the server has, and lets other fields of a broken section be edited', async () => {
    const broken = aLead({ properties: { industry: 7, score: 'high', contact: 'x' }, location: { planet: 'Mars' } });
    const device = aDevice({ leads: [broken] });
    const leadbox = await device.loadedTab({ schemas });
    expect((await leadbox.get(id))?.lead).toEqual(broken);
    const edit = await leadbox.patch(id, { properties: { tags: ['a'] } });
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    const other = await leadbox.patch(id, { location: { city: 'Bonn' } });
    expect(await other.settled).toMatchObject({ outcome: 'synced' });
    expect(device.api.lead(id)?.properties).toEqual({ industry: 7, score: 'high', contact: 'x', tags: ['a'] });
    expect(device.api.lead(id)?.location).toEqual({ planet: 'Mars', city: 'Bonn' });
    await expect(leadbox.patch(id, { properties: { score: 'low' } as object })).rejects.toMatchObject({
      code: 'invalid-edit',
    });
  });

  it('lets a broken field be repaired, and a section be cleared', async () => {
    const device = aDevice({ leads: [aLead({ properties: { industry: 7, score: 'high' } })] });
    const leadbox = await device.loadedTab({ schemas });
    expect((await leadbox.patch(id, { properties: { score: 5 } })).seq).toBeGreaterThan(0);
    expect((await leadbox.patch(id, { location: null })).seq).toBeGreaterThan(0);
    expect((await leadbox.get(id))?.lead).toMatchObject({ properties: { industry: 7, score: 5 }, location: null });
  });

  it('accepts an answer that does not fit', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ schemas, autoSync: false });
    await leadbox.patch(id, { properties: { score: 1 } });
    device.api.change(id, { properties: { industry: 5 } });
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0, parked: 0 });
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ industry: 5, score: 1 });
  });
});

it('a view is as readonly as it is frozen, and what a recipe or a patch takes is typed by the schemas', async () => {
  const device = aDevice();
  const leadbox = await device.loadedTab({ schemas: zod, autoSync: false });
  await leadbox.patch(id, { properties: { tags: ['a'] } });
  await leadbox.edit(id, (draft) => {
    draft.properties.tags?.push('b');
  });
  const properties = (await leadbox.get(id))?.lead.properties ?? expect.fail();
  expect(() => {
    // @ts-expect-error: a view is readonly
    properties.score = 1;
  }).toThrow(TypeError);
  expect(() => {
    // @ts-expect-error: so is what is in it
    properties.tags?.push('c');
  }).toThrow(TypeError);
  // @ts-expect-error: a score is a number
  await expect(leadbox.patch(id, { properties: { score: 'high' } })).rejects.toThrow('score');

  // Without schemas it is JSON; what was read may be written.
  const open = await aDevice().loadedTab({ autoSync: false });
  const lead = (await open.get(id))?.lead ?? expect.fail();
  await open.patch(id, { location: { before: lead.properties } });
  const sorted: LeadQuery = (leads) => leads.orderBy(':id');
  expect(await open.find(sorted)).toHaveLength(1);
});

it('R67 never stores what a schema makes of a section', async () => {
  const schemas = {
    properties: classic.object({
      name: classic.string().transform((name) => name.toUpperCase()),
      size: classic.string().default('none'),
      score: classic.coerce.number(),
    }),
  };
  const device = aDevice({ leads: [aLead({ properties: { name: 'ada', score: '5' } })] });
  const leadbox = await device.loadedTab({ schemas, autoSync: false });
  const edit = await leadbox.patch(id, { properties: { name: 'grace' } });
  expect(edit.patch).toEqual({ properties: { name: 'grace' } });
  await leadbox.sync();
  expect((await leadbox.get(id))?.lead.properties).toEqual({ name: 'grace', score: '5' });
});
