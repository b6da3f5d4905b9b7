import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recipeChange } from '../../../src/edit/change.ts';
import type { DraftLead, JsonObject, JsonValue, Lead } from '../../../src/index.ts';
import { applyToLead } from '../../../src/model/lead-change.ts';
import { aLead } from '../../builders/a-lead.ts';
import { deepFreeze } from '../../builders/deep-freeze.ts';
import { canonical, jsonDocuments, jsonObjects } from '../../builders/json-values.ts';

// A recipe cannot name __proto__: on any object of JavaScript that assignment means the prototype.
const names = ['a', 'b', 'c', 'd', 'constructor', 'prototype', 'hasOwnProperty', 'toString'];
const sections = ['properties', 'location', 'summary'] as const;

/** One step of a recipe; numbers choose among what is there. */
interface Step {
  readonly section: (typeof sections)[number];
  readonly walk: readonly number[];
  readonly kind:
    | 'set'
    | 'set undefined'
    | 'delete'
    | 'push'
    | 'splice'
    | 'element'
    | 'section'
    | 'clear section'
    | 'sort';
  readonly at: number;
  readonly value: JsonValue;
}

const steps: fc.Arbitrary<Step> = fc.record({
  section: fc.constantFrom(...sections),
  walk: fc.array(fc.nat(7), { maxLength: 4 }),
  kind: fc.constantFrom<Step['kind']>(
    ...(['set', 'set', 'set', 'set undefined', 'delete', 'delete', 'push', 'splice', 'element'] as const),
    ...(['section', 'clear section', 'sort'] as const),
  ),
  at: fc.nat(7),
  value: fc.oneof(fc.constant<JsonValue>(-0), jsonDocuments(names)),
});

const views = fc
  .record({
    properties: fc.oneof({ arbitrary: fc.constant(null), weight: 1 }, { arbitrary: jsonObjects(), weight: 4 }),
    location: fc.oneof({ arbitrary: fc.constant(null), weight: 1 }, { arbitrary: jsonObjects(), weight: 2 }),
    summary: fc.oneof({ arbitrary: fc.constant(null), weight: 1 }, { arbitrary: jsonObjects(), weight: 2 }),
  })
  .map((replaced) => aLead(replaced));

describe('the patch of a recipe', () => {
  it('turns the view it was made on into what the recipe made of it', () => {
    fc.assert(
      fc.property(views, fc.array(steps, { minLength: 1, maxLength: 6 }), (view, recipe) => {
        deepFreeze(view);
        const patch = recipeChange((draft) => run(recipe, draft as unknown as Sections))(view);
        deepFreeze(patch);
        const after = comparable(applyToLead(view, patch), view);
        expect(canonical(after)).toBe(canonical(comparable(madeByHand(view, recipe), view)));
        expect(canonical(patch)).not.toContain('-0');
        expect(Object.keys(patch).every((member) => (sections as readonly string[]).includes(member))).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  }, 30_000);

  it('R6 is empty exactly where the recipe leaves everything as it was', () => {
    fc.assert(
      fc.property(views, fc.array(steps, { maxLength: 3 }), (view, recipe) => {
        deepFreeze(view);
        const patch = recipeChange((draft) => run(recipe, draft as unknown as Sections))(view);
        const isSame = canonical(comparable(view, view)) === canonical(comparable(madeByHand(view, recipe), view));
        // A null in an object and a missing key are equal; setting one to the other may be recorded, or not.
        if (canonical(patch) === '{}') expect(isSame).toBe(true);
        if (isSame && !canonical(view).includes('null')) expect(canonical(patch)).toBe('{}');
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<[string, (draft: DraftLead) => void, JsonObject]>([
    [
      'a set value',
      (draft) => {
        draft.properties.status = 'won';
      },
      { properties: { status: 'won' } },
    ],
    [
      'a value set twice, the last',
      (draft) => {
        draft.properties.status = 'new';
        draft.properties.status = 'won';
      },
      { properties: { status: 'won' } },
    ],
    ['a deleted key', (draft) => void delete draft.properties.industry, { properties: { industry: null } }],
    [
      'R5 a key set to undefined',
      (draft) => {
        Object.assign(draft.properties, { industry: undefined });
      },
      { properties: { industry: null } },
    ],
    [
      'R5 an undefined key inside a new object',
      (draft) => {
        Object.assign(draft.properties, { budget: { from: 1, to: undefined } });
      },
      { properties: { budget: { from: 1 } } },
    ],
    [
      'R11 null as deletion',
      (draft) => {
        draft.properties.industry = null;
      },
      { properties: { industry: null } },
    ],
    [
      'R11 a cleared section',
      (draft) => {
        draft.location = null;
      },
      { location: null },
    ],
    [
      'R7 a key in a section that was null',
      (draft) => {
        draft.summary.note = 'x';
      },
      { summary: { note: 'x' } },
    ],
    [
      'R12 an array as a whole',
      (draft) => void (draft.properties.tags as JsonValue[]).push('b'),
      { properties: { tags: ['a', 'b'] } },
    ],
    [
      'R12 an array as a whole, also where one object in it changed',
      (draft) => {
        Object.assign((draft.properties.contacts as object[])[1] ?? {}, { name: 'Bea' });
      },
      { properties: { contacts: [{ name: 'Ada' }, { name: 'Bea' }] } },
    ],
    [
      'R12 nulls in an array',
      (draft) => {
        draft.properties.tags = [null, { x: null }];
      },
      { properties: { tags: [null, { x: null }] } },
    ],
    [
      'R12 zero for minus zero',
      (draft) => {
        draft.properties.score = -0;
      },
      { properties: { score: 0 } },
    ],
    [
      'only what differs, where an object is replaced by another',
      (draft) => {
        draft.properties.address = { city: 'Bonn', zip: '2' };
      },
      { properties: { address: { street: null, zip: '2' } } },
    ],
    [
      'a replaced section by its differences',
      (draft) => {
        draft.location = { city: 'Paris' };
      },
      { location: { city: 'Paris', country: null } },
    ],
    [
      'an object in place of a scalar',
      (draft) => {
        draft.properties.industry = { x: 1 };
      },
      {
        properties: { industry: { x: 1 } },
      },
    ],
    [
      'a scalar in place of an object',
      (draft) => {
        draft.properties.address = 'Bonn';
      },
      {
        properties: { address: 'Bonn' },
      },
    ],
    [
      'a company',
      (draft) => {
        draft.company_id = 'aa0e8400-e29b-41d4-a716-446655440005';
      },
      { company_id: 'aa0e8400-e29b-41d4-a716-446655440005' },
    ],
  ])('holds %s', (_, recipe, patch) => {
    expect(canonical(recipeChange(recipe)(aRichLead()))).toBe(canonical(patch));
  });

  it.each<[string, (draft: DraftLead) => void]>([
    ['reading', (draft) => void draft.properties.industry],
    [
      'setting an equal value',
      (draft) => {
        draft.properties.industry = 'Technology';
      },
    ],
    [
      'setting an equal object',
      (draft) => {
        draft.properties.address = { zip: '1', street: 'A', city: 'Bonn' };
      },
    ],
    [
      'setting an equal array',
      (draft) => {
        draft.properties.tags = ['a'];
      },
    ],
    [
      'adding and deleting',
      (draft) => {
        draft.properties.x = 1;
        delete draft.properties.x;
      },
    ],
    [
      'pushing and popping',
      (draft) => {
        const tags = draft.properties.tags as JsonValue[];
        tags.push('b');
        tags.pop();
      },
    ],
    ['deleting what is not there', (draft) => void delete draft.properties.nothing],
    [
      'clearing what is not there',
      (draft) => {
        draft.properties.nothing = null;
      },
    ],
    ['R7 looking into a null section', (draft) => void Object.keys(draft.summary)],
    [
      'R7 clearing a key of a null section',
      (draft) => {
        draft.summary.notes = null;
      },
    ],
    [
      'clearing a null section',
      (draft) => {
        draft.summary = null;
      },
    ],
    [
      'clearing an empty company',
      (draft) => {
        draft.company_id = null;
      },
    ],
  ])('R6 is empty after %s', (_, recipe) => {
    expect(recipeChange(recipe)(aRichLead())).toEqual({});
  });

  it('is the documented example byte for byte, in whatever order the recipe touches the members', () => {
    const patch = recipeChange((draft) => {
      draft.company_id = 'aa0e8400-e29b-41d4-a716-446655440005';
      draft.summary.notes = 'High priority lead';
      draft.properties.status = 'qualified';
      draft.properties.score = 90;
    })({ ...aRichLead(), properties: null, summary: null, company_id: null });
    expect(JSON.stringify(patch)).toBe(
      '{"properties":{"status":"qualified","score":90},"summary":{"notes":"High priority lead"},"company_id":"aa0e8400-e29b-41d4-a716-446655440005"}',
    );
  });

  it('R10 leaves members with inherited names alone that the server sent', () => {
    const properties = JSON.parse('{"__proto__":{"x":1},"constructor":{"y":2},"a":1}') as JsonObject;
    const view = deepFreeze(aLead({ properties }));
    const patch = recipeChange((draft) => {
      draft.properties.a = 2;
    })(view);
    expect(canonical(patch)).toBe('{"properties":{"a":2}}');
    expect(canonical(applyToLead(view, patch).properties)).toBe('{"__proto__":{"x":1},"a":2,"constructor":{"y":2}}');
  });

  it('holds plain copies of what the recipe put in, proxies included', () => {
    const tags = ['a', 'b'];
    const patch = recipeChange((draft) => {
      draft.properties.tags = new Proxy(tags, {});
    })(aLead());
    tags.push('c');
    expect(structuredClone(patch)).toEqual({ properties: { tags: ['a', 'b'] } });
  });
});

type Sections = Record<string, Record<string, unknown> | null>;

function aRichLead(): Lead {
  return deepFreeze(
    aLead({
      properties: {
        industry: 'Technology',
        tags: ['a'],
        contacts: [{ name: 'Ada' }, { name: 'Ben' }],
        address: { street: 'A', city: 'Bonn', zip: '1' },
      },
    }),
  );
}

/** The steps on a draft, or on plain objects: nothing in here knows which. */
function run(recipe: readonly Step[], lead: Sections): void {
  for (const step of recipe) {
    if (step.kind === 'clear section') lead[step.section] = null;
    else if (step.kind === 'section')
      lead[step.section] = isObject(step.value) ? (copy(step.value) as Record<string, unknown>) : {};
    else if (lead[step.section] !== null) change(step, inside(lead[step.section], step.walk));
  }
}

function inside(container: unknown, walk: readonly number[]): unknown {
  let at = container;
  for (const choice of walk) {
    const inner = keysOf(at).filter((key) => isContainer(own(at, key)));
    const key = inner[choice % inner.length];
    if (key === undefined) return at;
    at = own(at, key);
  }
  return at;
}

function change({ kind, at, value }: Step, container: unknown): void {
  const keys = keysOf(container);
  const present = keys[at % keys.length];
  if (Array.isArray(container)) {
    if (kind === 'push') container.push(copy(value));
    else if (kind === 'splice') container.splice(at % (container.length + 1), at % 2, copy(value));
    else if (kind === 'delete') container.splice(at % (container.length + 1), 1);
    else if (kind === 'sort') container.reverse();
    else if (container.length > 0) container[at % container.length] = copy(value);
    return;
  }
  const object = container as Record<string, unknown>;
  if (kind === 'delete') {
    if (present !== undefined) delete object[present];
  } else if (kind === 'element') {
    if (present !== undefined) object[present] = copy(value);
  } else {
    object[names[at] ?? 'a'] = kind === 'set undefined' ? undefined : copy(value);
  }
}

/** What the recipe makes of the lead by the rules alone: no Immer, no patches. */
function madeByHand(view: Lead, recipe: readonly Step[]): Lead {
  const lead = copy(view as unknown as JsonValue) as Record<string, JsonValue>;
  for (const section of sections) lead[section] ??= {};
  run(recipe, lead as unknown as Sections);
  return lead as unknown as Lead;
}

/** Null and missing members of objects count as equal (R11), minus zero is zero, arrays are what they are (R12). */
function comparable(lead: Lead, before: Lead): JsonValue {
  const sectionOf = (section: (typeof sections)[number]) => {
    const value = withoutNulls(lead[section] as JsonValue);
    // Inside a draft a null section is {}: empty again, it is as it was (R7).
    return before[section] === null && canonical(value) === '{}' ? null : value;
  };
  return Object.fromEntries(sections.map((section) => [section, sectionOf(section)]));
}

function withoutNulls(value: JsonValue | undefined): JsonValue {
  if (!isObject(value ?? null)) return plain(value ?? null);
  const kept = Object.entries(value as JsonObject).filter(([, member]) => member !== null && member !== undefined);
  const result = {};
  for (const [key, member] of kept) {
    Object.defineProperty(result, key, { value: withoutNulls(member), enumerable: true });
  }
  return result;
}

/** Inside arrays undefined members are gone and nulls stay. */
function plain(value: JsonValue): JsonValue {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  const result = {};
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) Object.defineProperty(result, key, { value: plain(member), enumerable: true });
  }
  return result;
}

/** With every own member, minus zero and __proto__ included, which neither JSON nor a spread would keep. */
function copy(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(copy);
  if (!isObject(value)) return value;
  const result = {};
  for (const [key, member] of Object.entries(value)) {
    Object.defineProperty(result, key, { value: copy(member), enumerable: true, configurable: true, writable: true });
  }
  return result;
}

function keysOf(container: unknown): string[] {
  // Assigning to __proto__ or walking there means the prototype, which no recipe does on purpose.
  return Object.keys(container as object).filter((key) => key !== '__proto__');
}

function own(container: unknown, key: string): unknown {
  return (container as Record<string, unknown>)[key];
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isObject(value: JsonValue): value is JsonObject {
  return isContainer(value) && !Array.isArray(value);
}
