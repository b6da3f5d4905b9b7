import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../src/index.ts';

/** Few names, so that two values often meet at the same paths; half of them are inherited by every object. */
export const memberNames = ['a', 'b', 'c', 'd', '__proto__', 'constructor', 'prototype', 'hasOwnProperty'] as const;

/** An object with exactly these own members, whatever their names. */
export function objectOf(members: readonly (readonly [string, JsonValue])[]): JsonObject {
  const object = {};
  for (const [name, value] of members) {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return object;
}

/** Documents of any kind, with null, scalars, arrays and objects often in the same place. */
export function jsonDocuments(names: readonly string[] = memberNames): fc.Arbitrary<JsonValue> {
  return family(names).document;
}

/** Objects of the same kind. */
export function jsonObjects(names: readonly string[] = memberNames): fc.Arbitrary<JsonObject> {
  return family(names).object;
}

function family(names: readonly string[]) {
  const { document, object } = fc.letrec<{ document: JsonValue; object: JsonObject; array: JsonValue[] }>((tie) => ({
    document: fc.oneof(
      { maxDepth: 4, depthSize: 'medium' },
      { arbitrary: fc.constant(null), weight: 3 },
      { arbitrary: fc.constantFrom<JsonValue>(0, 1, '', 'x', true, false), weight: 3 },
      { arbitrary: tie('array'), weight: 1 },
      { arbitrary: tie('object'), weight: 5 },
    ),
    array: fc.array(tie('document'), { maxLength: 3 }),
    object: fc
      .uniqueArray(fc.tuple(fc.constantFrom(...names), tie('document')), { maxLength: 4, selector: ([name]) => name })
      .map(objectOf),
  }));
  return { document, object };
}

/** Text that is the same for what is equal as JSON, and different for everything else: -0 differs from 0. */
export function canonical(value: unknown): string {
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? String(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical((value as Record<string, unknown>)[name])}`);
  return `{${members.join()}}`;
}
