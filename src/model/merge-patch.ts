import { getOwn, isJsonObject, type JsonObject, type JsonValue, jsonEqual, setOwn } from './json.ts';

/**
 * JSON Merge Patch, RFC 7396. Nothing is mutated; what the patch leaves as it was keeps its identity, so that
 * `applyMergePatch(x, patch) === x` says that the patch changes nothing.
 */
export function applyMergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return target !== undefined && jsonEqual(target, patch) ? target : patch;
  const before: JsonObject = isJsonObject(target) ? target : {};
  let after: Record<string, JsonValue> | undefined;
  for (const key of Object.keys(patch)) {
    const change = patch[key] as JsonValue; // own key of the patch
    const old = getOwn(before, key);
    if (change === null) {
      if (old === undefined) continue;
      after ??= { ...before };
      delete after[key];
    } else {
      const value = applyMergePatch(old, change);
      if (value === old) continue;
      after ??= { ...before };
      setOwn(after, key, value);
    }
  }
  return after ?? before;
}

/**
 * One patch that does what `first` and then `second` do, or undefined where none exists that is equivalent on every
 * document: an object after a null, a scalar or an array at the same path replaces on its own what the fold would merge.
 */
export function foldPatches(first: JsonObject, second: JsonObject): JsonObject | undefined {
  const folded: Record<string, JsonValue> = { ...first };
  for (const key of Object.keys(second)) {
    const later = second[key] as JsonValue; // own key of the second patch
    const earlier = getOwn(first, key);
    if (!isJsonObject(later) || earlier === undefined) {
      setOwn(folded, key, later);
    } else {
      const both = isJsonObject(earlier) ? foldPatches(earlier, later) : undefined;
      if (both === undefined) return undefined;
      setOwn(folded, key, both);
    }
  }
  return folded;
}

/** The paths a patch sets or clears: every path at which it holds something else than a non-empty object. */
export function touchedPaths(patch: JsonObject, path: readonly string[] = []): readonly (readonly string[])[] {
  return Object.entries(patch).flatMap(([key, value]) => {
    const here = [...path, key];
    return isJsonObject(value) && Object.keys(value).length > 0 ? touchedPaths(value, here) : [here];
  });
}

/** Whether some path of one list is, or lies above or below, a path of the other. */
export function pathsOverlap(a: readonly (readonly string[])[], b: readonly (readonly string[])[]): boolean {
  return a.some((one) => b.some((two) => one.every((key, index) => index >= two.length || key === two[index])));
}
