import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../src/index.ts';
import { applyToLead } from '../../../src/model/lead-change.ts';
import { applyMergePatch, foldPatches } from '../../../src/model/merge-patch.ts';
import { aLead } from '../../builders/a-lead.ts';
import { deepFreeze } from '../../builders/deep-freeze.ts';
import { canonical, jsonDocuments, jsonObjects, objectOf } from '../../builders/json-values.ts';

const parse = (text: string): JsonValue => deepFreeze(JSON.parse(text) as JsonValue);

describe('applying', () => {
  // https://www.rfc-editor.org/rfc/rfc7396#appendix-A, in its order.
  it.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', 'null', 'null'],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])('R10 as in the appendix of RFC 7396: %s patched with %s is %s', (target, patch, result) => {
    expect(applyMergePatch(parse(target), parse(patch))).toEqual(JSON.parse(result));
  });

  it.each(['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf'])(
    'R10 takes a member named %s for ordinary data: set, merged and deleted',
    (name) => {
      const set = applyMergePatch(parse('{"a":1}'), objectOf([[name, { polluted: 1 }]]));
      expect(canonical(set)).toBe(
        canonical(
          objectOf([
            ['a', 1],
            [name, { polluted: 1 }],
          ]),
        ),
      );
      expect(Object.getPrototypeOf(set)).toBe(Object.prototype);

      const merged = applyMergePatch(set, objectOf([[name, { more: 2 }]]));
      expect(canonical(merged)).toBe(
        canonical(
          objectOf([
            ['a', 1],
            [name, { polluted: 1, more: 2 }],
          ]),
        ),
      );

      expect(canonical(applyMergePatch(merged, objectOf([[name, null]])))).toBe('{"a":1}');
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      expect(({} as Record<string, unknown>).more).toBeUndefined();
    },
  );

  it('R10 sees own members only: deleting what only the prototype has changes nothing', () => {
    const target = parse('{"a":1}');
    expect(applyMergePatch(target, parse('{"toString":null,"__proto__":null,"constructor":null}'))).toBe(target);
    expect(canonical(applyMergePatch(target, parse('{"constructor":{"x":null}}')))).toBe('{"a":1,"constructor":{}}');
  });

  it('R10 gives the very object back where nothing changes, and keeps unchanged parts', () => {
    const target = parse('{"a":{"b":[1,{"c":2}]},"d":{"e":1}}') as { a: JsonObject; d: JsonObject };
    expect(applyMergePatch(target, parse('{"a":{"b":[1,{"c":2}]},"gone":null}'))).toBe(target);
    expect(applyMergePatch(target, {})).toBe(target);
    const after = applyMergePatch(target, parse('{"d":{"e":2}}')) as { a: JsonObject; d: JsonObject };
    expect(after.a).toBe(target.a);
    expect(after.d).toEqual({ e: 2 });
  });

  it('R12 keeps nulls inside arrays, and null members of objects inside them', () => {
    expect(applyMergePatch({}, parse('{"a":[null,{"b":null}]}'))).toEqual({ a: [null, { b: null }] });
  });

  it('R10 does what the pseudo code of RFC 7396 does, to every document, and mutates nothing', () => {
    fc.assert(
      fc.property(jsonDocuments(), jsonDocuments(), (target, patch) => {
        deepFreeze([target, patch]);
        const expected = asTheRfcSays(target, patch);
        const after = applyMergePatch(target, patch);
        expect(canonical(after)).toBe(canonical(expected));
        if (canonical(target) === canonical(expected)) expect(after).toBe(target);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('applying to a lead', () => {
  it('R11 leaves a cleared section and a cleared company as null', () => {
    const lead = deepFreeze(aLead({ company_id: 'aa0e8400-e29b-41d4-a716-446655440005' }));
    const after = applyToLead(lead, { properties: null, company_id: null });
    expect(after).toEqual({ ...lead, properties: null, company_id: null });
  });

  it('R11 removes a cleared key inside a section', () => {
    expect(applyToLead(aLead(), { properties: { industry: null } }).properties).toEqual({ company_size: '50-100' });
  });

  it('R6 gives the very lead back where the patch changes nothing', () => {
    const lead = deepFreeze(aLead());
    expect(applyToLead(lead, { properties: { industry: 'Technology', nothing: null }, summary: null })).toBe(lead);
  });

  it('R12 takes minus zero for the zero that JSON would carry', () => {
    const lead = aLead({ properties: { score: 0 } });
    expect(applyToLead(lead, { properties: { score: -0 } })).toBe(lead);
  });
});

describe('folding', () => {
  it.each([
    ['null', '{"a":null}', '{"a":{"b":1}}'],
    ['a scalar', '{"a":"x"}', '{"a":{"b":1}}'],
    ['zero', '{"a":0}', '{"a":{"b":1}}'],
    ['an array', '{"a":[1]}', '{"a":{"b":1}}'],
    ['null, even an empty one', '{"a":null}', '{"a":{}}'],
    ['null at depth three', '{"a":{"b":{"c":null}}}', '{"a":{"b":{"c":{"d":1}}}}'],
    ['null among others that fold', '{"a":1,"z":null}', '{"a":2,"z":{"b":1}}'],
    ['null, even one that only deletes', '{"a":null}', '{"a":{"b":null}}'],
    ['null at a member named __proto__', '{"__proto__":null}', '{"__proto__":{"b":1}}'],
  ])('R13 refuses an object that follows %s', (_, first, second) => {
    expect(foldPatches(parse(first) as JsonObject, parse(second) as JsonObject)).toBeUndefined();
  });

  it.each([
    ['{"a":1}', '{"b":2}', '{"a":1,"b":2}'],
    ['{"a":1}', '{"a":2}', '{"a":2}'],
    ['{"a":{"b":1}}', '{"a":null}', '{"a":null}'],
    ['{"a":{"b":null}}', '{"a":{"b":1}}', '{"a":{"b":1}}'],
    ['{"a":{"b":1}}', '{"a":{"b":null}}', '{"a":{"b":null}}'],
    ['{"a":{"b":1}}', '{"a":{"c":2}}', '{"a":{"b":1,"c":2}}'],
    ['{"a":{}}', '{"a":{"c":2}}', '{"a":{"c":2}}'],
    ['{"a":[1]}', '{"a":[2]}', '{"a":[2]}'],
    ['{"a":{"b":1}}', '{"a":[2]}', '{"a":[2]}'],
    ['{}', '{"constructor":{"c":2}}', '{"constructor":{"c":2}}'],
    ['{"a":1}', '{"__proto__":{"c":2}}', '{"a":1,"__proto__":{"c":2}}'],
  ])('R13 folds %s and %s into %s', (first, second, folded) => {
    const result = foldPatches(parse(first) as JsonObject, parse(second) as JsonObject);
    expect(result && canonical(result)).toBe(canonical(JSON.parse(folded)));
  });

  it('R13 equals applying in turn on every document, and refuses exactly where no such fold exists', () => {
    let folds = 0;
    let refusals = 0;
    fc.assert(
      fc.property(
        jsonObjects(),
        jsonObjects(),
        fc.array(jsonDocuments(), { minLength: 3, maxLength: 6 }),
        (a, b, docs) => {
          deepFreeze([a, b, docs]);
          const folded = foldPatches(a, b);
          if (folded) folds += 1;
          else refusals += 1;
          expect(folded === undefined).toBe(hasNoFold(a, b));
          // Patches are documents too, and the likeliest ones to meet the difference.
          for (const document of [...docs, a, b, {}, null]) {
            if (!folded) continue;
            const inTurn = asTheRfcSays(asTheRfcSays(document, a), b);
            expect(canonical(asTheRfcSays(document, folded))).toBe(canonical(inTurn));
          }
        },
      ),
      { numRuns: 5_000 },
    );
    expect(folds).toBeGreaterThan(500);
    expect(refusals).toBeGreaterThan(500);
  });

  it('R13 equals applying in turn to every lead', () => {
    const patches = fc.record(
      { properties: fc.oneof(fc.constant(null), jsonObjects()), summary: fc.oneof(fc.constant(null), jsonObjects()) },
      { requiredKeys: [] },
    );
    const leads = fc.record({
      properties: fc.oneof(fc.constant(null), jsonObjects()),
      summary: fc.oneof(fc.constant(null), jsonObjects()),
    });
    fc.assert(
      fc.property(leads, patches, patches, (sections, a, b) => {
        const lead = deepFreeze(aLead(sections));
        const folded = foldPatches(a, b);
        if (!folded) return;
        expect(canonical(applyToLead(lead, folded))).toBe(canonical(applyToLead(applyToLead(lead, a), b)));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The pseudo code of RFC 7396, section 2, on a Map, which has no prototype to trip over. */
function asTheRfcSays(target: JsonValue, patch: JsonValue): JsonValue {
  if (!isObject(patch)) return patch;
  const result = new Map<string, JsonValue>(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, asTheRfcSays(result.get(name) ?? null, value));
  }
  return objectOf([...result]);
}

/**
 * An object that follows something else at one path gives the same result whatever the document had there. No patch
 * does that: an object in a patch leaves the document's other keys, and nothing else in a patch becomes an object.
 */
function hasNoFold(first: JsonObject, second: JsonObject): boolean {
  const earlier = new Map(Object.entries(first));
  return Object.entries(second).some(([key, later]) => {
    const before = earlier.get(key);
    if (!isObject(later) || before === undefined) return false;
    return isObject(before) ? hasNoFold(before, later) : true;
  });
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
