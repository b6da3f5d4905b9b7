import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Edit } from '../../../src/index.ts';
import { aFailingStorage } from '../../builders/a-failing-storage.ts';
import { aLead, leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, allRows, soon, valuesOf } from '../../builders/a-leadbox.ts';

const id = leadId(0);
const stopped = { autoSync: false };

describe('R1 an edit whose promise resolved', () => {
  it('is durable: it is there after a reload, and its place grows', async () => {
    const device = aDevice();
    const before = await device.loadedTab(stopped);
    const first = await before.edit(id, (draft) => {
      draft.properties.status = 'won';
    });
    const second = await before.patch(id, { summary: { notes: 'call' } });
    await before.close();
    const after = device.tab(stopped);
    const third = await after.patch(id, { company_id: leadId(3) });
    expect(first.seq).toBeGreaterThan(0);
    expect(second.seq).toBeGreaterThan(first.seq);
    expect(third.seq).toBeGreaterThan(second.seq);
    expect(await after.outbox.pending()).toEqual(
      [
        { seq: first.seq, patch: { properties: { status: 'won' } } },
        { seq: second.seq, patch: { summary: { notes: 'call' } } },
        { seq: third.seq, patch: { company_id: leadId(3) } },
      ].map((row) => ({ ...row, leadId: id, madeAt: '2025-01-15T12:00:00.000Z', sent: false })),
    );
    const state = await after.get(id);
    expect(state?.lead).toEqual(
      aLead({
        properties: { industry: 'Technology', company_size: '50-100', status: 'won' },
        ...{ summary: { notes: 'call' }, company_id: leadId(3) },
      }),
    );
    expect(state).toMatchObject({ server: aLead(), pending: 3, parked: 0 });
  });

  it('R44 is in the first view that a reload without a network shows', async () => {
    const device = aDevice();
    device.api.offline = true;
    const before = await device.loadedTab();
    await before.patch(id, { properties: { a: 1 } });
    await before.close();
    const after = device.tab();
    const seen = valuesOf(after.observe(id));
    const all = valuesOf(after.observeAll());
    await vi.waitFor(() => expect([seen.length, all.length]).toEqual([1, 1]), soon);
    expect(seen[0]?.lead.properties).toMatchObject({ a: 1 });
    expect(all[0]?.[0]?.properties).toMatchObject({ a: 1 });
  });

  it.each(['UnknownError', 'QuotaExceededError'] as const)(
    'was committed: a write that succeeds in a transaction that is aborted with %s rejects, and nothing is queued or sent',
    async (fault) => {
      const device = aDevice();
      let isBroken = false;
      const indexedDB = aFailingStorage(device.indexedDB, (_, mode) =>
        isBroken && mode === 'readwrite' ? fault : undefined,
      );
      const leadbox = await device.loadedTab({ environment: { indexedDB } });
      await device.rest();
      const before = await allRows(device.indexedDB);
      isBroken = true;
      await expect(leadbox.patch(id, { properties: { a: 1 } })).rejects.toMatchObject({
        code: fault === 'QuotaExceededError' ? 'storage-full' : 'storage-unavailable',
      });
      await device.rest();
      isBroken = false;
      expect(await allRows(device.indexedDB)).toEqual(before);
      expect(await leadbox.get(id)).toMatchObject({ lead: aLead(), pending: 0 });
      expect(device.attempts).toEqual([]);
      expect((await (await leadbox.patch(id, { properties: { a: 2 } })).settled).outcome).toBe('synced');
    },
  );

  it('R43 never waited for the network', async () => {
    const device = aDevice();
    device.api.next('hang', Number.POSITIVE_INFINITY);
    const leadbox = await device.loadedTab();
    for (let n = 1; n <= 5; n += 1) expect((await leadbox.patch(id, { properties: { n } })).seq).toBeGreaterThan(0);
  });
});

describe('R6 what changes nothing in the view', () => {
  it.each([true, false])('queues nothing and says so, with an observer: %s', async (isObserved) => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    const seen = isObserved ? valuesOf(leadbox.observe(id)) : [undefined];
    await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
    const edits: Edit[] = [
      await leadbox.edit(id, () => {}),
      await leadbox.edit(id, (draft) => {
        draft.properties.industry = 'Technology';
      }),
      await leadbox.edit(id, (draft) => void Object.keys(draft.summary)),
      await leadbox.edit(id, (draft) => void delete draft.properties.nothing),
      await leadbox.patch(id, {}),
      await leadbox.patch(id, { properties: {} }),
      await leadbox.patch(id, { properties: { industry: 'Technology', nothing: null }, summary: null }),
      await leadbox.patch(id, { company_id: null }),
    ];
    for (const edit of edits) {
      expect(edit).toMatchObject({ seq: 0, leadId: id, patch: {} });
      expect(await edit.settled).toEqual({ outcome: 'unchanged' });
    }
    expect(seen).toHaveLength(1);
    expect(await leadbox.status()).toMatchObject({ state: 'synced', pending: 0 });
    expect(device.attempts).toEqual([]);
  });

  it('is told by the view, not by what the server has', async () => {
    const leadbox = await aDevice().loadedTab(stopped);
    const there = await leadbox.patch(id, { properties: { industry: 'Retail' } });
    const again = await leadbox.patch(id, { properties: { industry: 'Retail' } });
    const back = await leadbox.patch(id, { properties: { industry: 'Technology' } });
    expect([there.seq > 0, again.seq, back.seq > 0]).toEqual([true, 0, true]);
    expect((await leadbox.get(id))?.pending).toBe(2);
  });
});

describe('R7 a null section', () => {
  it('is an empty object inside a draft, and stays null if nothing is put there', async () => {
    const leadbox = await aDevice().loadedTab(stopped);
    let seen: unknown;
    const edit = await leadbox.edit(id, (draft) => {
      seen = { ...draft.summary };
      draft.properties.a = 1;
    });
    expect(seen).toEqual({});
    expect(edit.patch).toEqual({ properties: { a: 1 } });
    expect((await leadbox.get(id))?.lead.summary).toBeNull();
  });

  it('becomes an object with the first key, on the server too', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    const edit = await leadbox.edit(id, (draft) => {
      draft.summary.notes = 'x';
    });
    expect(edit.patch).toEqual({ summary: { notes: 'x' } });
    expect(await edit.settled).toMatchObject({ outcome: 'synced', lead: { summary: { notes: 'x' } } });
    expect(device.api.lead(id)?.summary).toEqual({ notes: 'x' });
  });
});

describe('R11 null', () => {
  it('clears: a key is gone, a section and the company are null, in the view and on the server', async () => {
    const device = aDevice({ leads: [aLead({ company_id: leadId(5), summary: { a: { b: 1, c: 2 } } })] });
    const leadbox = await device.loadedTab();
    const edit = await leadbox.patch(id, {
      ...{ properties: { industry: null }, location: null },
      ...{ summary: { a: { b: null } }, company_id: null },
    });
    const expected = {
      properties: { company_size: '50-100' },
      location: null,
      summary: { a: { c: 2 } },
      company_id: null,
    };
    expect((await leadbox.get(id))?.lead).toMatchObject(expected);
    expect((await leadbox.get(id))?.lead.properties).not.toHaveProperty('industry');
    await edit.settled;
    expect(device.api.lead(id)).toMatchObject(expected);
    expect((await leadbox.get(id))?.lead).toEqual(device.api.lead(id));
  });

  it('R5 is what undefined means in an object', async () => {
    const leadbox = await aDevice().loadedTab(stopped);
    const patch = { properties: { industry: undefined, deep: { gone: undefined, kept: 1 } } };
    const edit = await leadbox.patch(id, patch as object);
    expect(edit.patch).toEqual({ properties: { industry: null, deep: { gone: null, kept: 1 } } });
    const other = await leadbox.edit(id, (draft) => void Object.assign(draft.properties, { company_size: undefined }));
    expect(other.patch).toEqual({ properties: { company_size: null } });
    expect((await leadbox.get(id))?.lead.properties).toEqual({ deep: { kept: 1 } });
  });

  it('R5 is what undefined means for a section, too', async () => {
    const leadbox = await aDevice().loadedTab(stopped);
    const edit = await leadbox.patch(id, { location: undefined } as object);
    expect(edit.patch).toEqual({ location: null });
    expect((await leadbox.get(id))?.lead.location).toBeNull();
  });

  it('R12 is kept in arrays', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    const edit = await leadbox.patch(id, { properties: { tags: [null, 1, { a: null }] } });
    await edit.settled;
    expect(device.attempts[0]?.text).toBe('{"properties":{"tags":[null,1,{"a":null}]}}');
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ tags: [null, 1, { a: null }] });
  });
});

describe('R4 edits made at once', () => {
  it('are stored in the order of their calls: a thousand of them', async () => {
    const device = aDevice({ leads: someLeads(7) });
    const leadbox = await device.loadedTab(stopped);
    const calls = Array.from({ length: 1_000 }, (_, n) => leadbox.patch(leadId(n % 7), { properties: { n } }));
    const edits = await Promise.all(calls);
    const seqs = edits.map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(new Set(seqs).size).toBe(1_000);
    expect((await leadbox.outbox.pending()).map(({ seq }) => seq)).toEqual(seqs);
    expect((await leadbox.get(leadId(999 % 7)))?.lead.properties).toMatchObject({ n: 999 });
    expect(await leadbox.status()).toMatchObject({ pending: 1_000 });
    expect(await leadbox.sync()).toMatchObject({ synced: 1_000, pending: 0 });
    expect(device.attempts).toHaveLength(7);
  });

  it.each([true, false])('are refused one by one: the bad one alone, with an observer: %s', async (isObserved) => {
    const device = aDevice({ leads: someLeads(2) });
    const leadbox = await device.loadedTab(stopped);
    const seen = isObserved ? valuesOf(leadbox.observe(id)) : [undefined];
    await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
    const outcomes = await Promise.allSettled([
      leadbox.patch(id, { properties: { a: 1 } }),
      leadbox.edit(id, () => {
        throw new Error('mine');
      }),
      leadbox.patch(leadId(9), { properties: { a: 1 } }),
      leadbox.patch(id, { properties: { b: Number.NaN } }),
      leadbox.edit(id, (draft) => {
        draft.properties.a = Number(draft.properties.a) + 1;
      }),
      leadbox.patch('..', {}),
      leadbox.patch(leadId(1), { properties: { c: 1 } }),
    ]);
    expect(
      outcomes.map((outcome) =>
        outcome.status === 'rejected' ? (outcome.reason as Error).message.length > 0 : 'stored',
      ),
    ).toEqual([...['stored', true, true, true, 'stored', true, 'stored']]);
    expect((await leadbox.outbox.pending()).map(({ patch }) => patch)).toEqual([
      ...[{ properties: { a: 1 } }, { properties: { a: 2 } }, { properties: { c: 1 } }],
    ]);
  });

  it('see each other’s changes, in order', async () => {
    const leadbox = await aDevice().loadedTab(stopped);
    const add = () =>
      leadbox.edit(id, (draft) => {
        draft.properties.n = Number(draft.properties.n ?? 0) + 1;
      });
    await Promise.all(Array.from({ length: 300 }, add));
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ n: 300 });
  });

  it('are in what get() and find() tell right after', async () => {
    const leadbox = await aDevice().loadedTab(stopped);
    void leadbox.patch(id, { properties: { a: 1 } });
    const [state, found] = await Promise.all([leadbox.get(id), leadbox.find()]);
    expect(state?.lead.properties).toMatchObject({ a: 1 });
    expect(found[0]?.properties).toMatchObject({ a: 1 });
  });
});

it('R10 a lead with members named like those of every object can be edited, stored and sent', async () => {
  const properties = JSON.parse('{"__proto__":{"x":1},"constructor":{"y":2},"hasOwnProperty":3,"a":1}');
  const device = aDevice({ leads: [aLead({ properties })] });
  const leadbox = await device.loadedTab();
  const edit = await leadbox.patch(id, { properties: JSON.parse('{"constructor":{"z":3},"hasOwnProperty":null}') });
  await edit.settled;
  expect(device.attempts[0]?.text).toBe('{"properties":{"constructor":{"z":3},"hasOwnProperty":null}}');
  const view = (await leadbox.get(id))?.lead.properties as object;
  expect(Object.getOwnPropertyDescriptor(view, 'constructor')?.value).toEqual({ y: 2, z: 3 });
  expect(Object.hasOwn(view, 'hasOwnProperty')).toBe(false);
  expect(Object.getPrototypeOf(view)).toBe(Object.prototype);
});

it('what the app changes after the call has no effect on the edit', async () => {
  const device = aDevice();
  const leadbox = await device.loadedTab(stopped);
  const seen = valuesOf(leadbox.observe(id));
  await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
  const patch = { properties: { list: [1] } };
  const byPatch = leadbox.patch(id, patch);
  patch.properties.list.push(2);
  const list = [1];
  const byRecipe = leadbox.edit(id, (draft) => {
    draft.properties.other = list;
  });
  list.push(2);
  expect([(await byPatch).patch, (await byRecipe).patch]).toEqual([
    ...[{ properties: { list: [1] } }, { properties: { other: [1] } }],
  ]);
  expect((await leadbox.get(id))?.lead.properties).toMatchObject({ list: [1], other: [1] });
});

it('the view equals the lead on the server once all edits are sent, whatever they were', async () => {
  const values = fc.oneof(
    fc.constantFrom<unknown>(null, 0, 'x', true),
    fc.constantFrom<unknown>([], [null, 1], {}, { a: 1 }, { a: null, b: { c: 2 } }, { b: null }, { b: { c: null } }),
  );
  const patches = fc.dictionary(fc.constantFrom('a', 'b', 'c'), values, { maxKeys: 3 });
  const sections = fc.oneof(fc.constant(null), patches);
  const anyPatch = fc.record({ properties: sections, summary: sections }, { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(fc.array(anyPatch, { minLength: 1, maxLength: 6 }), fc.boolean(), async (given, coalesce) => {
      const device = aDevice();
      const leadbox = await device.loadedTab({ autoSync: false, coalesce });
      for (const patch of given) await leadbox.patch(id, patch as object);
      const before = (await leadbox.get(id))?.lead;
      expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 0 });
      const after = (await leadbox.get(id))?.lead;
      expect(after).toEqual(device.api.lead(id));
      expect({ ...after, updated_at: '' }).toEqual({ ...before, updated_at: '' });
      await leadbox.close();
    }),
    { numRuns: 60 },
  );
});
