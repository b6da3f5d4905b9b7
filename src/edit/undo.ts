import { equalAt, type JsonObject, type JsonValue, valueAt } from '../model/json.ts';
import { asJson, type Lead } from '../model/lead.ts';
import type { PendingRow } from '../model/lead-record.ts';
import { mergePatchBetween, touchedPaths } from '../model/merge-patch.ts';
import { isPrefix, withValueAt } from '../model/replaced.ts';

/**
 * The patch that takes an edit back which the server may have: the fields it set and nobody changed since get the values
 * it replaced. Empty if there are none.
 */
export function undoPatch({ patch, replaced = [] }: PendingRow, view: Lead): JsonObject {
  const lead = asJson(view);
  const own = touchedPaths(patch).filter((path) => equalAt(path, lead, patch));
  let before: JsonValue | undefined = lead;
  for (const path of own) {
    const entry = replaced.find((other) => isPrefix(other.path, path));
    if (!entry) continue;
    before = withValueAt(before, path, valueAt(entry.value, path.slice(entry.path.length)));
    // What stood where an object was made comes back if nothing else came into that object; an empty place need not.
    const isLeft = Object.keys(valueAt(before, entry.path) ?? {}).length > 0;
    if (entry.path.length < path.length && (entry.value ?? null) !== null && !isLeft)
      before = withValueAt(before, entry.path, entry.value);
  }
  return (mergePatchBetween(lead, before ?? null) ?? {}) as JsonObject; // both are leads
}
