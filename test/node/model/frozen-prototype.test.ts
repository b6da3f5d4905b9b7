import { beforeAll, expect, it } from 'vitest';
import { recipeChange } from '../../../src/edit/change.ts';
import type { JsonObject } from '../../../src/index.ts';
import { toJson } from '../../../src/model/json.ts';
import { applyToLead } from '../../../src/model/lead-change.ts';
import { applyMergePatch, foldPatches } from '../../../src/model/merge-patch.ts';
import { aLead } from '../../builders/a-lead.ts';
import { canonical } from '../../builders/json-values.ts';

// Hosts that harden themselves freeze it; assigning a member that it also has, such as `constructor`, then throws.
beforeAll(() => {
  Object.freeze(Object.prototype);
});

const names = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString'];

it.each(names)('R10 with Object.prototype frozen a member named %s is set, folded and deleted', (name) => {
  const set = JSON.parse(`{"${name}":{"x":1}}`) as JsonObject;
  const more = JSON.parse(`{"${name}":{"y":2}}`) as JsonObject;
  const both = `{"${name}":{"x":1,"y":2}}`;
  expect(canonical(applyMergePatch(set, more))).toBe(both);
  expect(canonical(foldPatches(set, more))).toBe(both);
  expect(canonical(applyMergePatch(set, JSON.parse(`{"${name}":null}`) as JsonObject))).toBe('{}');
  expect(canonical(toJson(set))).toBe(canonical(set));
  expect(canonical(applyToLead(aLead({ properties: set }), { properties: more }).properties)).toBe(both);
});

it('R10 with Object.prototype frozen a recipe on a lead that holds such members works', () => {
  const properties = JSON.parse('{"__proto__":{"x":1},"constructor":{"y":2},"toString":3,"a":1}') as JsonObject;
  const view = aLead({ properties });
  const patch = recipeChange((draft) => {
    draft.properties.a = 2;
    Reflect.deleteProperty(draft.properties, 'toString');
  })(view);
  expect(canonical(patch)).toBe('{"properties":{"a":2,"toString":null}}');
  expect(canonical(applyToLead(view, patch).properties)).toBe('{"__proto__":{"x":1},"a":2,"constructor":{"y":2}}');
});
