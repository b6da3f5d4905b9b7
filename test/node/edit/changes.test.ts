import { describe, expect, it, vi } from 'vitest';
import type { JsonObject, LeadboxOptions } from '../../../src/index.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice, soon } from '../../builders/a-leadbox.ts';

const id = leadId(0);

describe('changes(id)', () => {
  it('tells per path the server’s value, mine, and the edits behind it', async () => {
    const { leadbox } = await aTab({ a: 0, b: { x: 1 }, c: [1] });
    const one = await leadbox.patch(id, { properties: { a: 1, b: { x: null, y: 2 } } });
    const two = await leadbox.patch(id, { properties: { a: 2, c: [1, 2] }, company_id: leadId(9) });
    expect(await leadbox.changes(id)).toEqual([
      { path: ['properties', 'a'], server: 0, mine: 2, state: 'pending', seqs: [one.seq, two.seq] },
      { path: ['properties', 'b', 'x'], server: 1, mine: undefined, state: 'pending', seqs: [one.seq] },
      { path: ['properties', 'b', 'y'], server: undefined, mine: 2, state: 'pending', seqs: [one.seq] },
      { path: ['properties', 'c'], server: [1], mine: [1, 2], state: 'pending', seqs: [two.seq] },
      { path: ['company_id'], server: undefined, mine: leadId(9), state: 'pending', seqs: [two.seq] },
    ]);
  });

  it('is empty where nothing is pending, and for a lead that is not here', async () => {
    const { leadbox } = await aTab({ a: 0 });
    expect(await leadbox.changes(id)).toEqual([]);
    expect(await leadbox.changes(leadId(5))).toEqual([]);
    await expect(leadbox.changes('x')).rejects.toMatchObject({ code: 'invalid-lead-id' });
  });

  it.each<[string, JsonObject[], JsonObject[]]>([
    ['a part, then the whole', [{ a: { x: 1 } }, { a: 5 }], [{ path: ['a'], mine: 5, seqs: [1, 2] }]],
    ['the whole, then a part', [{ a: 5 }, { a: { x: 1 } }], [{ path: ['a'], mine: { x: 1 }, seqs: [1, 2] }]],
    [
      'cleared, then made anew',
      [{ a: null }, { a: { x: 1 } }, { a: { y: 2 } }],
      [{ path: ['a'], mine: { x: 1, y: 2 }, seqs: [1, 2, 3] }],
    ],
    [
      'hostile keys',
      [JSON.parse('{"__proto__":{"x":1}}'), { 'a,b': 1 }],
      [
        { path: ['__proto__', 'x'], mine: 1, seqs: [1] },
        { path: ['a,b'], mine: 1, seqs: [2] },
      ],
    ],
  ])('is right about %s', async (_, patches, expected) => {
    const { leadbox } = await aTab({ a: 0 });
    for (const properties of patches) await leadbox.patch(id, { properties: properties as Record<string, never> }); // JSON in these tests
    const changes = await leadbox.changes(id);
    expect(changes.map(({ path, mine, seqs }) => ({ path: path.slice(1), mine, seqs }))).toEqual(expected);
  });

  it('is right after a reload, while a request is on its way, and after part was acknowledged', async () => {
    const { device, leadbox, options } = await aTab({ a: 0, b: 0 }, { timeout: 1_000 });
    const one = await leadbox.patch(id, { properties: { a: 1, b: 1 } });
    device.api.next('hang');
    const sending = leadbox.sync();
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    const two = await leadbox.patch(id, { properties: { b: 2 } });
    const underWay = [
      { path: ['properties', 'a'], server: 0, mine: 1, state: 'sent', seqs: [one.seq] },
      { path: ['properties', 'b'], server: 0, mine: 2, state: 'pending', seqs: [one.seq, two.seq] },
    ];
    expect(await leadbox.changes(id)).toEqual(underWay);
    await device.clock.advance(1_000);
    await sending;
    await leadbox.close();
    const reloaded = device.tab(options);
    expect(await reloaded.changes(id)).toEqual(underWay);
    device.intercept = ({ text }) => (text.includes('"b":2') ? new Response(null, { status: 503 }) : undefined);
    await device.clock.advance(60_000);
    await reloaded.sync();
    expect(await reloaded.changes(id)).toEqual([
      { path: ['properties', 'b'], server: 1, mine: 2, state: 'sent', seqs: [two.seq] },
    ]);
  });

  it('shows a refused value beside the server’s, after those that are pending, also after a reload', async () => {
    const { device, leadbox, options } = await aTab({ a: 0 });
    const bad = await leadbox.patch(id, { properties: { a: 'bad' } });
    device.api.next(422);
    await leadbox.sync();
    const fine = await leadbox.patch(id, { properties: { a: 1 } });
    const expected = [
      { path: ['properties', 'a'], server: 0, mine: 1, state: 'pending', seqs: [fine.seq] },
      { path: ['properties', 'a'], server: 0, mine: 'bad', state: 'parked', seqs: [bad.seq] },
    ];
    expect(await leadbox.changes(id)).toEqual(expected);
    await leadbox.close();
    expect(await device.tab(options).changes(id)).toEqual(expected);
  });
});

async function aTab(properties: JsonObject, more: LeadboxOptions = {}) {
  const device = aDevice({ leads: [aLead({ properties })] });
  const options = { autoSync: false, ...more };
  return { device, leadbox: await device.loadedTab(options), options };
}
