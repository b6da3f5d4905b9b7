import { type JsonObject, type JsonValue, jsonEqual, valueAt } from '../model/json.ts';
import { asJson, type Lead } from '../model/lead.ts';
import type { PendingRow } from '../model/lead-record.ts';
import { mergePatchBetween, touchedPaths } from '../model/merge-patch.ts';
import { withValueAt } from '../model/replaced.ts';

/**
 * The patch that takes an edit back which the server may have: the fields it set and nobody changed since get the values
 * it replaced. Empty if there are none.
 */
export function undoPatch({ patch, replaced = [] }: PendingRow, view: Lead): JsonObject {
  const isUnchanged = (path: readonly string[]) =>
    jsonEqual(valueAt(asJson(view), path) ?? null, valueAt(patch, path) ?? null);
  const own = new Set(touchedPaths(patch).filter(isUnchanged).map(String));
  const before = replaced
    .filter(({ path }) => own.has(String(path)))
    .reduce<JsonValue | undefined>((lead, { path, value }) => withValueAt(lead, path, value ?? null), asJson(view));
  return (mergePatchBetween(asJson(view), before ?? null) ?? {}) as JsonObject; // both are leads
}
