import jsonPatch from 'fast-json-patch';
import { getOwn, isJsonObject, type JsonObject, type JsonValue, jsonEqual, valueAt } from './json.ts';

/** The paths at which two objects differ. Arrays count as wholes; null and missing are the same (R11). */
export function differentPaths(a: JsonObject, b: JsonObject): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  for (const operation of jsonPatch.compare(a, b)) {
    const steps = operation.path.split('/').slice(1).map(jsonPatch.unescapePathComponent);
    const path = throughObjects(a, throughObjects(b, steps));
    if (!jsonEqual(valueAt(a, path) ?? null, valueAt(b, path) ?? null)) found.set(JSON.stringify(path), path);
  }
  return [...found.values()];
}

/** As much of a path as leads through objects: what lies inside an array belongs to the array. */
function throughObjects(value: JsonObject, path: readonly string[]): readonly string[] {
  let at: JsonValue | undefined = value;
  const depth = path.findIndex((key) => {
    if (Array.isArray(at)) return true;
    at = isJsonObject(at) ? getOwn(at, key) : undefined;
    return false;
  });
  return depth < 0 ? path : path.slice(0, depth);
}
