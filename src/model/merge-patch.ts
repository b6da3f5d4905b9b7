import { getOwn, isJsonObject, type JsonObject, type JsonValue, jsonEqual, setOwn } from './json.ts';

/**
 * JSON Merge Patch, RFC 7396. Nothing is mutated; what the patch leaves as it was keeps its identity, so that
 * `applyMergePatch(x, patch) === x` says that the patch changes nothing.
 */
export function applyMergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return target !== undefined && jsonEqual(target, patch) ? target : patch;
  const before: JsonObject = isJsonObject(target) ? target : {};
  let after = before;
  for (const [key, change] of Object.entries(patch)) {
    const old = getOwn(before, key);
    const value = change === null ? undefined : applyMergePatch(old, change);
    if (value === old) continue;
    if (after === before) after = { ...before };
    if (value === undefined)
      delete (after as Record<string, JsonValue>)[key]; // a copy of our own
    else setOwn(after, key, value);
  }
  return after;
}

/** Without the null members of objects, at any depth: null and missing are the same (R11). Nulls inside arrays are kept. */
export function withoutNulls(value: JsonValue): JsonValue {
  return applyMergePatch(undefined, value); // in a merge patch they delete
}

/**
 * One patch that does what `first` and then `second` do, or undefined where none exists that is equivalent on every
 * document: an object after a null, a scalar or an array at the same path replaces on its own what the fold would merge.
 */
export function foldPatches(first: JsonObject, second: JsonObject): JsonObject | undefined {
  const folded = { ...first };
  for (const [key, later] of Object.entries(second)) {
    const earlier = getOwn(first, key);
    if (earlier === undefined || !isJsonObject(later)) {
      setOwn(folded, key, later);
    } else {
      const both = isJsonObject(earlier) && foldPatches(earlier, later);
      if (!both) return undefined;
      setOwn(folded, key, both);
    }
  }
  return folded;
}

/**
 * The merge patch that turns `before` into `after`, or undefined if they are equal. A null member of an object in
 * `after` counts as missing: in a merge patch it cannot mean anything else. Nulls inside arrays are kept.
 */
export function mergePatchBetween(before: JsonValue | undefined, after: JsonValue): JsonValue | undefined {
  if (before !== undefined && jsonEqual(before, after)) return undefined;
  if (!isJsonObject(after)) return after;
  const old: JsonObject = isJsonObject(before) ? before : {};
  const patch = {};
  for (const key of Object.keys({ ...old, ...after })) {
    const value = getOwn(after, key) ?? null;
    const was = getOwn(old, key);
    const change = value === null && was === undefined ? undefined : mergePatchBetween(was, value);
    if (change !== undefined) setOwn(patch, key, change);
  }
  return old === before && !Object.keys(patch).length ? undefined : patch;
}

/** The patch without empty objects where there are objects already: there they say nothing. */
export function effective(patch: JsonObject, target: JsonValue | undefined): JsonObject {
  const rest = {};
  for (const [key, change] of Object.entries(patch)) {
    const old = getOwn(target, key);
    const isMerged = isJsonObject(change) && isJsonObject(old);
    const left = isMerged ? effective(change, old) : change;
    if (!isMerged || Object.keys(left as JsonObject).length) setOwn(rest, key, left);
  }
  return rest;
}

/** The paths a patch sets or clears: every path at which it holds something else than a non-empty object. */
export function touchedPaths(patch: JsonObject, path: readonly string[] = []): readonly (readonly string[])[] {
  const paths: (readonly string[])[] = [];
  for (const key of Object.keys(patch)) {
    const here = [...path, key];
    const value = getOwn(patch, key);
    if (isJsonObject(value) && Object.keys(value).length) paths.push(...touchedPaths(value, here));
    else paths.push(here);
  }
  return paths;
}

/** The patch without what touches, or is touched by, one of these paths. */
export function withoutPaths(patch: JsonObject, paths: readonly (readonly string[])[]): JsonObject {
  const rest = {};
  for (const [key, value] of Object.entries(patch)) {
    const below = paths.flatMap(([first, ...more]) => (first === key ? [more] : []));
    if (!below.length) setOwn(rest, key, value);
    else if (isJsonObject(value) && Object.keys(value).length && below.every(({ length }) => length)) {
      const left = withoutPaths(value, below);
      if (Object.keys(left).length) setOwn(rest, key, left);
    }
  }
  return rest;
}

/** Whether some path of one list is, or lies above or below, a path of the other. */
export function pathsOverlap(a: readonly (readonly string[])[], b: readonly (readonly string[])[]): boolean {
  return a.some((one) => b.some((two) => one.every((key, index) => index >= two.length || key === two[index])));
}
