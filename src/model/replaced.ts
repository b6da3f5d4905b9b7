import { getOwn, isJsonObject, type JsonObject, type JsonValue, setOwn, valueAt } from './json.ts';
import { asJson, type Lead } from './lead.ts';
import type { PendingRow, Replaced } from './lead-record.ts';
import { touchedPaths } from './merge-patch.ts';

/**
 * What edits replaced, path by path: what the user saw when he changed it. A later edit of the same device replaces
 * what the earlier one set, so that edits never conflict with their own past (R36).
 */

/** What a patch replaces in the view it is made on. */
export function replacedBy(view: Lead, patch: JsonObject): Replaced[] {
  return touchedPaths(patch).map((path) => {
    const value = valueAt(asJson(view), path);
    return value === undefined ? { path } : { path, value };
  });
}

/** The value at `path` before the first of these edits: null where there was none, undefined if nobody knows. */
export function valueBefore(rows: readonly PendingRow[], path: readonly string[]): JsonValue | undefined {
  let isKnown = false;
  let value: JsonValue | undefined;
  for (const { replaced = [] } of [...rows].reverse()) {
    for (const entry of replaced) {
      if (isPrefix(entry.path, path)) {
        value = valueAt(entry.value, path.slice(entry.path.length));
        isKnown = true;
      }
      if (path.length < entry.path.length && isPrefix(path, entry.path))
        value = withValueAt(value, entry.path.slice(path.length), entry.value);
    }
  }
  return isKnown ? (value ?? null) : undefined;
}

/** Edits after one that goes, unsent or parked: what they replaced is what it replaced. */
export function withoutEarlier<R extends PendingRow>(rows: readonly R[], gone: PendingRow): readonly R[] {
  return (gone.replaced ?? []).reduce((later, entry) => withReplaced(later, entry, gone.seq), rows);
}

/** The first of these edits after `seq` that touches the path of `entry` replaces its value. */
export function withReplaced<R extends PendingRow>(rows: readonly R[], entry: Replaced, seq: number): readonly R[] {
  const touches = ({ path }: Replaced) => isPrefix(path, entry.path) || isPrefix(entry.path, path);
  const first = rows.find((row) => row.seq > seq && row.replaced?.some(touches));
  if (!first) return rows;
  const replaced = first.replaced?.map((own): Replaced => {
    const { path, value } = own;
    if (isPrefix(path, entry.path)) return at(path, withValueAt(value, entry.path.slice(path.length), entry.value));
    if (isPrefix(entry.path, path)) return at(path, valueAt(entry.value, path.slice(entry.path.length)));
    return own;
  });
  return rows.map((row) => (row === first ? { ...row, replaced } : row));
}

function at(path: readonly string[], value: JsonValue | undefined): Replaced {
  return value === undefined ? { path } : { path, value };
}

function isPrefix(start: readonly string[], path: readonly string[]): boolean {
  return start.length <= path.length && start.every((key, index) => key === path[index]);
}

/** `target` with a value at `path`, undefined taking it away; objects on the way are made as needed. */
export function withValueAt(
  target: JsonValue | undefined,
  [key, ...rest]: readonly string[],
  value: JsonValue | undefined,
): JsonValue | undefined {
  if (key === undefined) return value;
  const inner = withValueAt(getOwn(target, key), rest, value);
  const copy = isJsonObject(target) ? { ...target } : {};
  if (inner === undefined)
    delete (copy as Record<string, JsonValue>)[key]; // a copy of our own
  else setOwn(copy, key, inner);
  return copy;
}
