import { type JsonObject, jsonEqual, valueAt } from '../model/json.ts';
import { asJson, type Lead } from '../model/lead.ts';
import { isOlder } from '../model/lead-change.ts';
import { type FrozenBatch, type LeadRecord, type ParkedRow, travelTime } from '../model/lead-record.ts';
import { touchedPaths, withoutPaths } from '../model/merge-patch.ts';
import { replacedBy, withReplaced } from '../model/replaced.ts';
import { untouchedMembers } from '../model/sections.ts';
import { type Answer, nothingElse, parkedRows, parkRows, type Settled, settle } from '../model/settle.ts';
import type { LeadRecords } from '../storage/lead-records.ts';
import type { TurnPlan } from './turn.ts';

/** What answers came to. */
interface TakenIn {
  readonly settled: readonly Settled[];
  readonly parkedUnsent: readonly ParkedRow[];
  /** Leads that were fetched to be compared, and are as fresh as can be. */
  readonly looked: ReadonlySet<string>;
}

/** Settles the answers to batches, and takes in leads that were fetched before their edits are sent. */
export async function takeIn(records: LeadRecords, plan: TurnPlan): Promise<TakenIn> {
  const settled: Settled[] = [];
  const looked = new Set<string>();
  const parkedUnsent: ParkedRow[] = [];
  for (const { leadId, batch, answer } of plan.answers) {
    const fresh = answer.kind === 'acknowledged' ? answer.lead : undefined;
    const record = await records.get(leadId, fresh);
    if (!record) {
      // No such lead, so nothing can be sent to it.
      const rows = batch ? [] : records.unknownRows(leadId);
      if (answer.kind === 'refused') parkedUnsent.push(...parkedRows(rows, { ...answer, now: plan.terms.now }));
      continue;
    }
    if (batch) {
      // Settled before, by whoever was quicker: a late answer changes nothing (R23).
      if (record.batch?.id !== batch.id) continue;
      settled.push(await settleBatch(records, { record, batch, answer }, plan));
    } else if (!record.batch || record.batch.isWhole) {
      const look = takeLook(record, answer, plan.terms.now);
      const result = Object.keys(look.lost).length ? await repair(records, look, plan.terms.now) : look;
      if (result !== look) plan.sections.learn();
      if (fresh) looked.add(leadId);
      records.set(result.record);
      records.park(result.parked);
      settled.push(result);
    }
    plan.queue.update(leadId, (await records.get(leadId))?.rows[0]?.seq);
  }
  records.park(parkedUnsent);
  dropOldFences(records, plan);
  return { settled, looked, parkedUnsent };
}

interface Answered {
  readonly record: LeadRecord;
  readonly batch: FrozenBatch;
  readonly answer: Answer;
}

async function settleBatch(
  records: LeadRecords,
  { record, batch, answer }: Answered,
  { isFenced, sections, terms }: TurnPlan,
): Promise<Settled> {
  // The stored batch knows of attempts that the one who was answered may not know of: another tab's may be later.
  const stored = record.batch ?? batch;
  const { lateUntil = 0, arrivesUntil } = stored;
  const isLatest = arrivesUntil === batch.arrivesUntil;
  const latest = { ...stored, lateUntil: isLatest ? lateUntil : Math.max(lateUntil, arrivesUntil) };
  const result = settle(record, latest, answer, terms.now);
  records.park(result.parked);
  // What was refused need not be remembered by its id: an earlier attempt that arrives later may still do it.
  if (result.fence && (isFenced || answer.kind === 'refused')) records.fences = [...records.fences, result.fence];
  const repaired = Object.keys(result.lost).length ? await repair(records, result, terms.now) : result;
  if (repaired !== result) sections.learn();
  records.set(repaired.record);
  return repaired;
}

/** Puts back what a replacing server removed: an ordinary edit, so that it outlives whatever happens next (R31). */
async function repair(records: LeadRecords, result: Settled, now: number): Promise<Settled> {
  const { lost } = result;
  // What pending edits set is not put back. It is gone by our own request, and nobody else's change to conflict with.
  const gone = touchedPaths(lost).map((path) => goneAt(asJson(result.record.base), path));
  const rows = gone.reduce((left, path) => withReplaced(left, { path }, 0), result.record.rows);
  const record = { ...result.record, rows };
  const patch = withoutPaths(
    lost,
    rows.flatMap((row) => touchedPaths(row.patch)),
  );
  const { id: leadId, base } = record;
  if (!Object.keys(patch).length) return { ...result, record };
  const madeAt = new Date(now).toISOString();
  const row = await records.append({ leadId, patch, madeAt, isRepair: true, replaced: replacedBy(base, patch) });
  return { ...result, record: { ...record, rows: [...rows, row] } };
}

/** As much of a path as leads to what is gone: members go as wholes, and what is left beside them stays. */
function goneAt(base: JsonObject, path: readonly string[]): readonly string[] {
  const end = path.findIndex((_, index) => index > 0 && (valueAt(base, path.slice(0, index + 1)) ?? null) === null);
  return end < 0 ? path : path.slice(0, end + 1);
}

/** The lead as it is now, or why it cannot be had: then nothing of it can be sent either. */
function takeLook(record: LeadRecord, answer: Answer, now: number): Settled {
  if (answer.kind === 'refused') {
    return { ...nothingElse, ...parkRows({ ...record, batch: undefined }, record.rows, { ...answer, now }) };
  }
  const { lead, etag } = answer;
  if (isOlder(lead, record.base)) return { ...nothingElse, record };
  return { ...nothingElse, record: { ...record, base: lead, etag }, lost: lostSince(record.earlier, lead) };
}

/** What a batch removed that was refused, and yet it is what the lead shows: its first attempt arrived (R33). */
function lostSince(earlier: FrozenBatch | undefined, lead: Lead): JsonObject {
  if (!earlier?.before) return {};
  const patch = JSON.parse(earlier.body) as JsonObject; // written by nextBatch
  const isThere = touchedPaths(patch).every((path) =>
    jsonEqual(valueAt(asJson(lead), path) ?? null, valueAt(patch, path) ?? null),
  );
  return isThere ? untouchedMembers(earlier.before, patch, lead).lost : {};
}

function dropOldFences(records: LeadRecords, { terms }: TurnPlan): void {
  // A clock that was set back must not prolong a fence beyond what a request can take.
  const longest = terms.now + terms.timeout + travelTime;
  if (!records.fences.some(({ until }) => until <= terms.now || until > longest)) return;
  const standing = records.fences.filter(({ until }) => terms.now < until);
  records.fences = standing.map((fence) => ({ ...fence, until: Math.min(fence.until, longest) }));
}
