import { hasValueAt, type JsonObject, valueAt } from '../model/json.ts';
import { asJson } from '../model/lead.ts';
import type { LeadRecord, PendingRow } from '../model/lead-record.ts';
import { touchedPaths, withoutPaths } from '../model/merge-patch.ts';
import { entryAt, placeOf, replacedBy, withReplaced, withValues } from '../model/replaced.ts';
import type { Settled } from '../model/settle.ts';
import type { LeadRecords } from '../storage/lead-records.ts';
import type { TurnPlan } from './turn.ts';

/** Sets what an answer came to, and learns from it how the server treats sections. */
export async function conclude(records: LeadRecords, result: Settled, { sections, terms }: TurnPlan): Promise<Settled> {
  const { lost, kept, differs, merges, isMerged } = result;
  const base = asJson(result.record.base);
  // Somebody put it back since, or something else in its way, where the answer is not the latest that is known.
  const isBack = (path: readonly string[]) => hasValueAt(base, placeOf(base, path));
  const isAsking = sections.isAuto && kept.length > 0;
  const patch = withValues(withoutPaths(lost, touchedPaths(lost).filter(isBack)), isAsking ? kept : [], null);
  const isWhole = !Object.keys(patch).length;
  const record = isWhole ? result.record : await repair(records, result.record, patch, terms.now);
  if (Object.keys(lost).length) sections.learn('replace');
  else if (merges) sections.learn('merge');
  else if (isMerged) sections.sawMerging();
  records.set(record);
  records.park(result.parked);
  return { ...result, record, differs: isAsking ? differs : [...differs, ...kept] };
}

/**
 * Has a server undo what it did to a section: an ordinary edit, so that it outlives whatever happens next (R31). It comes
 * before those that are pending, which stay on top of it, and whatever becomes of them the section is whole.
 */
async function repair(records: LeadRecords, record: LeadRecord, patch: JsonObject, now: number): Promise<LeadRecord> {
  const { id: leadId, base, rows } = record;
  const madeAt = new Date(now).toISOString();
  const isUsers = ({ isRepair }: PendingRow) => !isRepair;
  const next = rows.find(isUsers)?.seq;
  const edit = { leadId, patch, madeAt, isRepair: true, replaced: replacedBy(base, patch) };
  // One that was made on what the server left is on top of it all the same, and does not conflict with it.
  const onTop = touchedPaths(patch).reduce(
    (later, path) => withReplaced(later, entryAt(path, valueAt(patch, path) ?? undefined), isUsers),
    rows,
  );
  const repaired = [...onTop, await records.insert(edit, next)];
  return { ...record, rows: repaired.sort((a, b) => a.seq - b.seq) };
}
