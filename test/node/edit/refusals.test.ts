import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type DraftLead, isLeadboxError, type Leadbox, LeadboxError, type LeadPatch } from '../../../src/index.ts';
import { aFailingStorage } from '../../builders/a-failing-storage.ts';
import { aLead, leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, allRows, type Device, soon, valuesOf } from '../../builders/a-leadbox.ts';

const id = leadId(0);

type Act = (leadbox: Leadbox) => Promise<unknown>;
const recipe = (run: (draft: Record<string, Record<string, unknown>>) => unknown): Act => {
  return (leadbox) => leadbox.edit(id, run as unknown as (draft: DraftLead) => void);
};
const patched = (patch: unknown): Act => {
  return (leadbox) => leadbox.patch(id, patch as LeadPatch);
};
const section = (draft: Record<string, Record<string, unknown>>) => draft.properties as Record<string, unknown>;
const cycle: Record<string, unknown> = {};
cycle.again = cycle;
class Money {
  amount = 1;
}

const refused: [what: string, act: Act, code: string, path?: string[]][] = [
  [
    'R9 a lead that is not cached',
    (box) =>
      box.edit(leadId(9), (draft) => {
        draft.properties.a = 1;
      }),
    'lead-not-cached',
  ],
  [
    'R9 a patch of a lead that is not cached',
    (box) => box.patch(leadId(9), { properties: { a: 1 } }),
    'lead-not-cached',
  ],
  ...[
    '..',
    '',
    'x',
    '.',
    '/',
    '%2e%2e',
    `${id}/../x`,
    `${id} `,
    ` ${id}`,
    `${id}\n`,
    `{${id}}`,
    id.replaceAll('-', ''),
  ].flatMap((bad): [string, Act, string][] => [
    [`R8 the id ${JSON.stringify(bad)}`, (box) => box.patch(bad, { properties: { a: 1 } }), 'invalid-lead-id'],
  ]),
  ...[undefined, null, 7, {}, [id]].map((bad): [string, Act, string] => [
    `R8 the id ${JSON.stringify(bad)}`,
    (box) =>
      box.edit(bad as unknown as string, (draft) => {
        draft.properties.a = 1;
      }),
    'invalid-lead-id',
  ]),
  [
    'R5 a recipe that puts down, two levels below the lead, what has 99',
    recipe(({ properties }) => Object.assign(properties as object, { a: nested(99) })),
    'not-json',
    ['properties', 'a', ...Array<string>(98).fill('x')],
  ],
  [
    'R5 a recipe that sets the code',
    recipe((draft) => Object.assign(draft, { code: 'x' })),
    'read-only-field',
    ['code'],
  ],
  ['R5 a recipe that deletes the source', recipe((draft) => delete draft.source), 'read-only-field', ['source']],
  [
    'R5 a recipe that sets the id',
    recipe((draft) => Object.assign(draft, { id: leadId(1) })),
    'read-only-field',
    ['id'],
  ],
  [
    'R5 a recipe that adds a member',
    recipe((draft) => Object.assign(draft, { extra: 1 })),
    'read-only-field',
    ['extra'],
  ],
  ['R5 a patch of the code', patched({ properties: { a: 1 }, code: 'x' }), 'read-only-field', ['code']],
  ['R5 a patch of an unknown member', patched({ extra: null }), 'read-only-field', ['extra']],
  ['R5 a patch of __proto__', patched(JSON.parse('{"__proto__":{"a":1}}')), 'read-only-field', ['__proto__']],
  ...(
    [
      ['undefined in an array', { a: [1, undefined] }, ['a', '1']],
      ['NaN', { a: Number.NaN }, ['a']],
      ['Infinity', { a: { b: Number.POSITIVE_INFINITY } }, ['a', 'b']],
      ['a Date', { due: new Date(0) }, ['due']],
      ['a Map', { a: new Map() }, ['a']],
      ['a Set', { a: [new Set()] }, ['a', '0']],
      ['a BigInt', { a: 1n }, ['a']],
      ['a function', { a: () => 1 }, ['a']],
      ['a symbol', { a: Symbol('x') }, ['a']],
      ['an instance of a class', { a: new Money() }, ['a']],
      ['a cycle', { a: cycle }, ['a', 'again']],
    ] as [string, Record<string, unknown>, string[]][]
  ).flatMap(([what, value, path]): [string, Act, string, string[]][] => [
    [
      `R5 ${what} in a recipe`,
      recipe((draft) => Object.assign(section(draft), value)),
      'not-json',
      ['properties', ...path],
    ],
    [`R5 ${what} in a patch`, patched({ properties: value }), 'not-json', ['properties', ...path]],
  ]),
  [
    'R5 undefined pushed to an array',
    recipe((draft) => (section(draft).tags as unknown[]).push(undefined)),
    'not-json',
    ['properties', 'tags', '1'],
  ],
  ['R5 text for a section', patched({ properties: 'x' }), 'invalid-edit', ['properties']],
  ['R5 a list for a section', recipe((draft) => Object.assign(draft, { location: [1] })), 'invalid-edit', ['location']],
  ['R5 a company that is no UUID', patched({ company_id: 'acme' }), 'invalid-edit', ['company_id']],
  [
    'R5 a company that is a number',
    recipe((draft) => Object.assign(draft, { company_id: 5 })),
    'invalid-edit',
    ['company_id'],
  ],
  ['R5 a patch that is a list', patched([]), 'invalid-edit'],
  ['R5 a patch that is null', patched(null), 'invalid-edit'],
  ['R5 a patch that is text', patched('x'), 'invalid-edit'],
  [
    'R2 a recipe that returns a new lead',
    recipe((draft) => ({ ...draft, properties: { ...section(draft), a: 1 } })),
    'invalid-edit',
  ],
  ['R2 an async recipe', recipe(async (draft) => Object.assign(section(draft), { a: 1 })), 'async-recipe'],
  [
    'R2 an async recipe that rejects',
    recipe(async (draft) => {
      section(draft).a = 1;
      await Promise.resolve();
      throw new Error('too late');
    }),
    'async-recipe',
  ],
  [
    'R2 an async recipe that uses its draft too late',
    recipe(async (draft) => {
      await Promise.resolve();
      section(draft).a = 1;
    }),
    'async-recipe',
  ],
];

describe.each([true, false])('with observers: %s,', (isObserved) => {
  it.each(refused)('%s is refused, and nothing is stored, shown or sent', async (_, act, code, path) => {
    const { device, leadbox, emissions } = await aTab(isObserved);
    const before = await allRows(device.indexedDB);
    const emitted = emissions();

    let error: unknown;
    const returned = act(leadbox); // R69: a promise, whatever is wrong
    expect(returned).toBeInstanceOf(Promise);
    await returned.catch((reason: unknown) => {
      error = reason;
    });

    expect(isLeadboxError(error)).toBe(true);
    expect(error).toMatchObject({ code });
    const { message, path: given } = error as LeadboxError;
    if (path) {
      expect(given).toEqual(path);
      expect(message).toContain(path.join('.'));
    }
    expect(message.length).toBeGreaterThan(20);
    expect(message).not.toContain('Technology');

    await device.rest();
    expect(await allRows(device.indexedDB)).toEqual(before);
    expect(emissions()).toBe(emitted);
    expect(device.api.requests).toEqual([]);
    expect(await leadbox.get(id)).toMatchObject({ pending: 0, parked: 0, lead: aTaggedLead() });
    expect(await leadbox.status()).toMatchObject({ state: 'synced', pending: 0 });
  });

  it('R2 a recipe that throws rejects with that very error and leaves nothing', async () => {
    const { device, leadbox, emissions } = await aTab(isObserved);
    const before = await allRows(device.indexedDB);
    const emitted = emissions();
    for (const thrown of [
      new Error('mine'),
      'text',
      undefined,
      null,
      new LeadboxError('network', 'not ours to change'),
    ]) {
      const outcome = leadbox.edit(id, (draft) => {
        draft.properties.a = 1;
        throw thrown;
      });
      expect(
        await outcome.then(
          () => 'stored',
          (reason: unknown) => ({ reason }),
        ),
      ).toEqual({ reason: thrown });
      await outcome.catch((reason: unknown) => expect(reason).toBe(thrown));
    }
    await device.rest();
    expect(await allRows(device.indexedDB)).toEqual(before);
    expect(emissions()).toBe(emitted);
    expect(device.api.requests).toEqual([]);
  });

  it('R2 a recipe runs once, also where its transaction is repeated', async () => {
    let failures = 2;
    const { device, leadbox } = await aTab(isObserved, (_, mode) => {
      if (mode !== 'readwrite' || failures === 0) return undefined;
      failures -= 1;
      return 'lost';
    });
    let runs = 0;
    const edit = await leadbox.edit(id, (draft) => {
      runs += 1;
      draft.properties.a = runs;
    });
    expect(runs).toBe(1);
    expect(failures).toBe(0);
    expect(edit.patch).toEqual({ properties: { a: 1 } });
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 1 });
  });
});

it('R2 an async recipe leaves no rejection that nobody handles, whatever its promise comes to', async () => {
  const unhandled: unknown[] = [];
  const listen = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', listen);
  onTestFinished(() => void process.off('unhandledRejection', listen));
  const { leadbox } = await aTab(true);
  for (const act of [
    recipe(async (draft) => draft), // a draft, which is revoked once the recipe is over
    recipe(async (draft) => section(draft)),
    recipe(async () => {
      throw new Error('mine');
    }),
    recipe(() => Promise.reject(new Error('mine'))),
    recipe(() => new Promise(() => {})),
  ]) {
    await expect(act(leadbox)).rejects.toMatchObject({ code: 'async-recipe' });
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
});

it('R46 every call after close() is refused with what to do, and nothing is stored or sent', async () => {
  const { device, leadbox } = await aTab(false);
  const before = await allRows(device.indexedDB);
  await leadbox.close();
  await leadbox.close();
  const calls: Record<string, () => Promise<unknown>> = {
    load: () => leadbox.load([aLead()]),
    refresh: () => leadbox.refresh(id),
    pull: () => leadbox.pull(),
    get: () => leadbox.get(id),
    find: () => leadbox.find(),
    edit: () => leadbox.edit(id, () => {}),
    patch: () => leadbox.patch(id, {}),
    'an edit with a bad id': () => leadbox.patch('x', {}),
    'outbox.pending': () => leadbox.outbox.pending(),
    'outbox.parked': () => leadbox.outbox.parked(),
    'outbox.retry': () => leadbox.outbox.retry(1),
    'outbox.discard': () => leadbox.outbox.discard(1),
    'outbox.export': () => leadbox.outbox.export(),
    'outbox.import': () => leadbox.outbox.import({}),
    changes: () => leadbox.changes(id),
    sync: () => leadbox.sync(),
    pause: () => leadbox.pause(),
    resume: () => leadbox.resume(),
  };
  for (const [name, call] of Object.entries(calls)) {
    await expect(call(), name).rejects.toMatchObject({ code: 'closed', message: expect.stringMatching(/new/i) });
  }
  expect(await leadbox.status()).toMatchObject({ state: 'closed', pending: 0, parked: 0 });
  expect(await allRows(device.indexedDB)).toEqual(before);
  expect(device.api.requests).toEqual([]);
});

it('R46 an edit under way when close() is called is stored', async () => {
  const { device, leadbox } = await aTab(true);
  const edit = leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.close();
  expect((await edit).seq).toBeGreaterThan(0);
  const after = device.tab({ autoSync: false });
  expect((await after.get(id))?.lead.properties).toMatchObject({ a: 1 });
});

describe('load()', () => {
  it.each<[string, unknown, string[]]>([
    ['text', 'x', []],
    ['null', null, []],
    ['undefined', undefined, []],
    ['a list', [], []],
    ['no id', { ...aLead(), id: undefined }, ['id']],
    ['an id that is no UUID', aLead({ id: '..' }), ['id']],
    ['no updated_at', { ...aLead(), updated_at: undefined }, ['updated_at']],
    ['an updated_at that is no date', aLead({ updated_at: 'yesterday' }), ['updated_at']],
    ['a section that is text', { ...aLead(), summary: 'x' }, ['summary']],
    ['no section', { ...aLead(), properties: undefined }, ['properties']],
    ['a Date in it', { ...aLead(), properties: { due: new Date(0) } }, ['properties', 'due']],
    ['a function in it', { ...aLead(), later: () => 1 }, ['later']],
  ])('refuses a lead with %s, names its index, and stores none of the call', async (_, bad, path) => {
    const device = aDevice();
    const leadbox = device.tab();
    const [first, second, , fourth] = someLeads(4);
    const outcome = leadbox.load([first, second, bad, fourth]);
    await expect(outcome).rejects.toMatchObject({ code: 'invalid-lead', path: ['2', ...path] });
    expect(await leadbox.find()).toEqual([]);
  });

  it.each([undefined, null, 7, {}])('rejects, and does not throw, when given %s instead of a list', async (given) => {
    const leadbox = aDevice().tab();
    await expect(leadbox.load(given as unknown as [])).rejects.toMatchObject({ code: 'invalid-lead' });
  });

  it('keeps pending edits on top and never lets an older lead replace a newer one', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ autoSync: false });
    await leadbox.patch(id, { properties: { a: 'mine' } });
    const newer = aLead({ updated_at: '2025-01-15T11:00:00Z', properties: { a: 'theirs', b: 'theirs' } });
    await leadbox.load([newer]);
    await leadbox.load([aLead({ updated_at: '2025-01-15T11:59:00+01:00', properties: { b: 'older' } })]);
    const state = await leadbox.get(id);
    expect(state).toMatchObject({ server: newer, pending: 1, lead: { properties: { a: 'mine', b: 'theirs' } } });
  });
});

type Faults = (tables: readonly string[], mode: IDBTransactionMode) => 'lost' | undefined;

async function aTab(isObserved: boolean, faults: Faults = () => undefined) {
  const device: Device = aDevice({ leads: [aTaggedLead()] });
  let isReady = false;
  const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) => (isReady ? faults(tables, mode) : undefined));
  const leadbox = await device.loadedTab({ environment: { indexedDB } });
  const seen: unknown[][] = [];
  if (isObserved) {
    seen.push(valuesOf(leadbox.observe(id)), valuesOf(leadbox.observe(leadId(9))), valuesOf(leadbox.observeAll()));
    await vi.waitFor(() => expect(seen.map(({ length }) => length)).toEqual([1, 1, 1]), soon);
  }
  await device.rest();
  isReady = true;
  return { device, leadbox, emissions: () => seen.reduce((sum, { length }) => sum + length, 0) };
}

function aTaggedLead() {
  return aLead({ properties: { industry: 'Technology', tags: ['a'] } });
}

function nested(levels: number): object {
  return levels === 1 ? { x: 1 } : { x: nested(levels - 1) };
}
