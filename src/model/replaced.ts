import { equalAt, getOwn, isJsonObject, type JsonObject, type JsonValue, jsonEqual, setOwn, valueAt } from './json.ts';
import { asJson, type Lead } from './lead.ts';
import type { PendingRow, Replaced } from './lead-record.ts';
import { applyMergePatch, pathsOverlap, touchedPaths } from './merge-patch.ts';

/**
 * What edits replaced, path by path: what the user saw when he changed it. A later edit of the same device replaces
 * what the earlier one set, so that edits never conflict with their own past (R36).
 */

/** What a patch replaces in the view it is made on. */
export function replacedBy(view: Lead, patch: JsonObject): Replaced[] {
  return touchedPaths(patch).map((path) => replacedAt(asJson(view), path));
}

/** Where an object is to be made on the way, that is what is there instead of one. */
function replacedAt(value: JsonValue | undefined, path: readonly string[]): Replaced {
  const end = path.findIndex((_, length) => !isJsonObject(valueAt(value, path.slice(0, length))));
  const way = end < 0 ? path : path.slice(0, end);
  return entryAt(way, valueAt(value, way));
}

/** The path; or the place on the way to it where there is something else than an object, null aside (R11). */
export function placeOf(value: JsonValue, path: readonly string[]): readonly string[] {
  const found = replacedAt(value, path);
  return (found.value ?? null) === null || found.path.length === path.length ? path : found.path;
}

/**
 * The value at `path` before the first of these edits: null where there was none, undefined if nobody knows. With
 * `isPart`, it was an object of which they tell a part.
 */
export function valueBefore(
  rows: readonly PendingRow[],
  path: readonly string[],
  isPart = false,
): JsonValue | undefined {
  let isKnown = false;
  let value: JsonValue | undefined;
  for (const { patch, replaced } of [...rows].reverse()) {
    // It came from another device: what stood before it nobody knows.
    if (!replaced && pathsOverlap([path], touchedPaths(patch))) isKnown = false;
    for (const entry of replaced ?? []) {
      if (isPrefix(entry.path, path)) {
        value = valueAt(entry.value, path.slice(entry.path.length));
        isKnown = true;
      }
      if (path.length < entry.path.length && isPrefix(path, entry.path)) {
        value = withValueAt(isPart ? (value ?? {}) : value, entry.path.slice(path.length), entry.value);
        isKnown ||= isPart;
      }
    }
  }
  return isKnown ? (value ?? null) : undefined;
}

/** Whether a lead has at a path what edits, or the first few of them, made of the value that was there before. */
export function isMadeBy(rows: readonly PendingRow[], entry: Replaced, lead: Lead): boolean {
  let { path } = entry;
  let made: JsonValue = withValueAt({}, path, entry.value) ?? {};
  return rows.some(({ patch }) => {
    made = applyMergePatch(made, patch);
    // What took the place of an object on the way says it all.
    path = touchedPaths(patch).find((whole) => isPrefix(whole, path)) ?? path;
    return equalAt(path, made, asJson(lead));
  });
}

/** Edits after one that goes, unsent or parked: what they replaced is what it replaced; where nobody knows that, unknown. */
export function withoutEarlier<R extends PendingRow>(rows: readonly R[], gone: PendingRow): readonly R[] {
  const isLater = ({ seq }: PendingRow) => seq > gone.seq;
  if (gone.replaced) return gone.replaced.reduce((later, entry) => withReplaced(later, entry, isLater), rows);
  const paths = touchedPaths(gone.patch);
  return rows.map((row) =>
    isLater(row) && row.replaced
      ? { ...row, replaced: row.replaced.filter(({ path }) => !pathsOverlap([path], paths)) }
      : row,
  );
}

/** The value at a path is this one before the first of those edits that are `concerned`: so each replaces what it does. */
export function withReplaced<R extends PendingRow>(
  rows: readonly R[],
  entry: Replaced,
  concerned: (row: PendingRow) => boolean,
): readonly R[] {
  const { path } = entry;
  let { value } = entry;
  return rows.map((row) => {
    const { patch, replaced = [] } = row;
    if (!concerned(row) || !pathsOverlap([path], [...touchedPaths(patch), ...replaced.map((own) => own.path)]))
      return row;
    const now = replaced.map((own) => {
      if (isPrefix(own.path, path))
        return entryAt(own.path, withValueAt(own.value, path.slice(own.path.length), value));
      if (!isPrefix(path, own.path)) return own;
      const below = replacedAt(value, own.path.slice(path.length));
      return { ...below, path: [...path, ...below.path] };
    });
    value = valueAt(applyMergePatch(withValueAt({}, path, value) ?? {}, patch), path);
    return replaced.length ? { ...row, replaced: now } : row;
  });
}

/**
 * Edits that stand on what others of ours set at these paths of `base`, as `answer` has it. Where an object was made on
 * the way, all of it is ours if its lack was, by the edits in `sent`; without them, always.
 */
export function standingOn<R extends PendingRow>(
  rows: readonly R[],
  base: Lead,
  paths: readonly (readonly string[])[],
  answer: Lead = base,
  sent?: readonly PendingRow[],
): readonly R[] {
  if (!rows.length) return rows;
  const set = (lead: JsonValue | undefined, path: readonly string[]) =>
    withValueAt(lead, path, valueAt(asJson(answer), path));
  const made = paths.reduce(set, asJson(base));
  const isOurs = (path: readonly string[]) =>
    !sent || isMadeBy(sent, entryAt(path, valueBefore(rows, path, true)), base);
  const places = paths.map((touched) => {
    const { path } = replacedAt(asJson(base), touched);
    return isOurs(path) ? path : touched;
  });
  const isNews = (path: readonly string[]) => {
    const isAbout = (own: Replaced) => isPrefix(own.path, path) || isPrefix(path, own.path);
    const first = rows.find(({ replaced }) => replaced?.some(isAbout));
    return first && !jsonEqual(valueBefore([first], path, true), valueAt(made, path) ?? null);
  };
  return places
    .filter(isNews)
    .reduce((all, path) => withReplaced(all, entryAt(path, valueAt(made, path)), () => true), rows);
}

/** This value was at a path; undefined: there was none. */
export function entryAt(path: readonly string[], value: JsonValue | undefined): Replaced {
  return value === undefined ? { path } : { path, value };
}

export function isPrefix(start: readonly string[], path: readonly string[]): boolean {
  return start.length <= path.length && start.every((key, index) => key === path[index]);
}

/** `target` with a value at `path`, undefined taking it away; objects on the way are made as needed. */
export function withValueAt(
  target: JsonValue | undefined,
  [key, ...rest]: readonly string[],
  value: JsonValue | undefined,
): JsonValue | undefined {
  if (key === undefined) return value;
  const old = getOwn(target, key);
  const inner = withValueAt(old, rest, value);
  if (inner === undefined && old === undefined) return target;
  const copy = isJsonObject(target) ? { ...target } : {};
  if (inner === undefined)
    delete (copy as Record<string, JsonValue>)[key]; // a copy of our own
  else setOwn(copy, key, inner);
  return copy;
}

/** An object with this value at each of these paths, none of which is empty. */
export function withValues(target: JsonObject, paths: readonly (readonly string[])[], value: JsonValue): JsonObject {
  return paths.reduce((object, path) => withValueAt(object, path, value) as JsonObject, target);
}
