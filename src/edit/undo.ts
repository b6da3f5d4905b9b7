import { equalAt, isJsonObject, type JsonObject, type JsonValue, jsonEqual, valueAt } from '../model/json.ts';
import { asJson, type Lead } from '../model/lead.ts';
import type { PendingRow } from '../model/lead-record.ts';
import { mergePatchBetween, pathsOverlap, touchedPaths } from '../model/merge-patch.ts';
import { isPrefix, placeOf, withValueAt } from '../model/replaced.ts';
import type { Settled } from '../model/settle.ts';

/** An edit, and what the server made of the values that it stored otherwise. */
export interface Undoable extends PendingRow {
  readonly stored?: JsonObject | undefined;
}

/**
 * What the server made of the values of the edit `seq`, one of the `rows` that it acknowledged together; of what later ones
 * of these set, it says nothing.
 */
export function storedInstead(
  seq: number,
  rows: readonly PendingRow[],
  { record, made }: Pick<Settled, 'record' | 'made'>,
): JsonObject | undefined {
  if (!made.length) return undefined; // as nearly always
  const touchedBy = (which: (row: PendingRow) => boolean) =>
    rows.filter(which).flatMap(({ patch }) => touchedPaths(patch));
  const own = touchedBy((row) => row.seq === seq);
  const later = touchedBy((row) => row.seq > seq);
  return made
    .filter((path) => own.some((one) => jsonEqual(one, path)) && !pathsOverlap([path], later))
    .reduce<JsonValue>(
      (all, path) => withValueAt(all, path, valueAt(asJson(record.base), path)) ?? {},
      {},
    ) as JsonObject; // no path is empty
}

/**
 * The patch that takes an edit back which the server may have: the fields it set and nobody changed since get the values
 * it replaced. Empty if there are none.
 */
export function undoPatch({ patch, replaced = [], stored }: Undoable, view: Lead): JsonObject {
  const lead = asJson(view);
  const isOurs = (path: readonly string[]) =>
    equalAt(path, lead, patch) || (valueAt(stored, path) !== undefined && equalAt(path, lead, stored));
  // What was cleared is not to come back where something else took the place of the object that it was in.
  const own = touchedPaths(patch).filter((path) => isOurs(path) && placeOf(lead, path) === path);
  let before: JsonValue | undefined = lead;
  for (const path of own) {
    const entry = replaced.find((other) => isPrefix(other.path, path));
    if (!entry) continue;
    before = withValueAt(before, path, valueAt(entry.value, path.slice(entry.path.length)));
    // What stood where an object was made comes back if nothing else came into that object; an empty place need not.
    if (entry.path.length < path.length && (entry.value ?? null) !== null && isHollow(valueAt(before, entry.path)))
      before = withValueAt(before, entry.path, entry.value);
  }
  return (mergePatchBetween(lead, before ?? null) ?? {}) as JsonObject; // both are leads
}

/** An object with nothing in it but such objects. */
function isHollow(value: JsonValue | undefined): boolean {
  return isJsonObject(value) && Object.values(value).every(isHollow);
}
