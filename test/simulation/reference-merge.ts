import type { JsonObject, JsonValue } from '../../src/index.ts';

/** RFC 7396, word for word from its pseudo-code, so that a life is not judged by the library's own merging. */
export function referenceMerge(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isObject(patch)) return patch;
  const result: Record<string, JsonValue> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) {
      delete result[name];
    } else {
      const merged = referenceMerge(Object.hasOwn(result, name) ? result[name] : undefined, value);
      // Also `__proto__` is a name like any other.
      Object.defineProperty(result, name, { value: merged, configurable: true, enumerable: true, writable: true });
    }
  }
  return result;
}

/** A lead's members stay, as null, where a section of it goes (R11). */
export function referencePatch<T extends object>(lead: T, patch: JsonObject): T {
  const merged = Object.entries(patch).map(([member, value]) => [
    member,
    value === null ? null : referenceMerge((lead as Record<string, JsonValue>)[member], value), // leads are JSON
  ]);
  return { ...lead, ...Object.fromEntries(merged) };
}

/** A server that puts what a patch says of a section in the section's place. */
export function referenceReplace<T extends object>(lead: T, patch: JsonObject): T {
  const cleared = Object.entries(patch).map(([member, value]) => [member, value === null ? null : {}]);
  return referencePatch({ ...lead, ...Object.fromEntries(cleared) }, patch);
}

/** Whether one request can say both, one after the other: not where an object follows what is none (R13). */
export function referenceFolds(earlier: JsonObject, later: JsonObject): boolean {
  return Object.entries(later).every(([name, value]) => {
    const before = Object.hasOwn(earlier, name) ? earlier[name] : undefined;
    return before === undefined || !isObject(value) || (isObject(before) && referenceFolds(before, value));
  });
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
