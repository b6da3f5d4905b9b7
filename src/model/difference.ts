import { getOwn, isJsonObject, type JsonObject, type JsonValue, jsonEqual, setOwn } from './json.ts';

/**
 * The merge patch that turns `before` into `after`, or undefined if they are equal. A null member of an object in
 * `after` counts as missing: in a merge patch it cannot mean anything else. Nulls inside arrays are kept.
 */
export function mergePatchBetween(before: JsonValue | undefined, after: JsonValue): JsonValue | undefined {
  if (before !== undefined && jsonEqual(before, after)) return undefined;
  if (!isJsonObject(after)) return after;
  const patch: Record<string, JsonValue> = {};
  const old: JsonObject = isJsonObject(before) ? before : {};
  for (const key of Object.keys(old)) if (!Object.hasOwn(after, key)) setOwn(patch, key, null);
  for (const key of Object.keys(after)) {
    const value = after[key] as JsonValue; // own key
    const was = getOwn(old, key);
    if (value === null && was === undefined) continue;
    const change = mergePatchBetween(was, value);
    if (change !== undefined) setOwn(patch, key, change);
  }
  return old === before && Object.keys(patch).length === 0 ? undefined : patch;
}

/** Records `change` at `path` of a merge patch under construction. */
export function setInPatch(patch: Record<string, JsonValue>, path: readonly string[], change: JsonValue): void {
  let at = patch;
  for (const key of path.slice(0, -1)) {
    const next = getOwn(at, key);
    const inner: Record<string, JsonValue> = isJsonObject(next) ? { ...next } : {};
    setOwn(at, key, inner);
    at = inner;
  }
  const last = path.at(-1);
  if (last !== undefined) setOwn(at, last, change);
}

/**
 * `next` with every part that equals the same part of `previous` replaced by it: what did not change keeps its identity.
 */
export function keepIdentity<T>(previous: unknown, next: T): T {
  if (previous === next || typeof next !== 'object' || next === null) return next;
  if (typeof previous !== 'object' || previous === null || Array.isArray(previous) !== Array.isArray(next)) return next;
  const keys = Object.keys(next);
  const old = previous as Record<string, unknown>; // both are arrays or both are objects of JSON
  const kept: object = Array.isArray(next) ? [] : {};
  let same = keys.length === Object.keys(previous).length;
  for (const key of keys) {
    const value = keepIdentity(Object.hasOwn(old, key) ? old[key] : undefined, (next as Record<string, unknown>)[key]);
    if (!Object.hasOwn(old, key) || value !== old[key]) same = false;
    setOwn(kept, key, value);
  }
  return (same ? previous : kept) as T; // equal to next, part by part
}
