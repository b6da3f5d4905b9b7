import { type JsonObject, jsonEqual, valueAt } from '../model/json.ts';
import { asJson, type Lead } from '../model/lead.ts';
import { isOlder } from '../model/lead-change.ts';
import { type FrozenBatch, type LeadRecord, type ParkedRow, travelTime } from '../model/lead-record.ts';
import { touchedPaths, withoutPaths } from '../model/merge-patch.ts';
import { replacedBy, withValues } from '../model/replaced.ts';
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
      if (fresh) looked.add(leadId);
      settled.push(await conclude(records, takeLook(record, answer, plan.terms.now), plan));
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
  plan: TurnPlan,
): Promise<Settled> {
  const { isFenced, terms } = plan;
  // The stored batch knows of attempts that the one who was answered may not know of: another tab's may be later.
  const stored = record.batch ?? batch;
  const { lateUntil = 0, arrivesUntil } = stored;
  const isLatest = arrivesUntil === batch.arrivesUntil;
  const latest = { ...stored, lateUntil: isLatest ? lateUntil : Math.max(lateUntil, arrivesUntil) };
  const result = settle(record, latest, answer, terms.now);
  if (result.fence && isFenced) records.fences = [...records.fences, result.fence];
  return conclude(records, result, plan);
}

/** Sets what an answer came to, and learns from it how the server treats sections. */
async function conclude(records: LeadRecords, result: Settled, { sections, terms }: TurnPlan): Promise<Settled> {
  const { lost, kept, differs, merges } = result;
  const base = asJson(result.record.base);
  // Somebody put it back since, where the answer is not the latest that is known.
  const isBack = (path: readonly string[]) => (valueAt(base, path) ?? null) !== null;
  const isAsking = sections.isAuto && kept.length > 0;
  const patch = withValues(withoutPaths(lost, touchedPaths(lost).filter(isBack)), isAsking ? kept : [], null);
  const isWhole = !Object.keys(patch).length;
  const record = isWhole ? result.record : await repair(records, result.record, patch, terms.now);
  if (Object.keys(lost).length) sections.learn('replace');
  else if (merges) sections.learn('merge');
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
  const next = rows.find(({ isRepair }) => !isRepair)?.seq;
  const edit = { leadId, patch, madeAt, isRepair: true, replaced: replacedBy(base, patch) };
  const repaired = [...rows, await records.insert(edit, next)];
  return { ...record, rows: repaired.sort((a, b) => a.seq - b.seq) };
}

/** The lead as it is now, or why it cannot be had: then nothing of it can be sent either. */
function takeLook(record: LeadRecord, answer: Answer, now: number): Settled {
  if (answer.kind === 'refused') {
    return { ...nothingElse, ...parkRows({ ...record, batch: undefined }, record.rows, { ...answer, now }) };
  }
  const { lead, etag } = answer;
  if (isOlder(lead, record.base)) return { ...nothingElse, record };
  const { earlier, rows } = record;
  const lost = earlier ? lostSince(earlier, lead) : {};
  // Then it arrived, whatever others did since.
  const acknowledged = Object.keys(lost).length ? rows.filter(({ seq }) => earlier?.seqs.includes(seq)) : [];
  const left = rows.filter((row) => !acknowledged.includes(row));
  return { ...nothingElse, record: { ...record, base: lead, etag, rows: left }, acknowledged, lost };
}

/**
 * What a batch removed that was refused, and yet its first attempt arrived (R33). Others may have written since: only
 * what is still as it was speaks against it.
 */
function lostSince({ before = {}, body }: FrozenBatch, lead: Lead): JsonObject {
  const patch = JSON.parse(body) as JsonObject; // written by nextBatch
  const [was, now] = [before, asJson(lead)];
  const isAsBefore = (path: readonly string[]) => {
    const [old, mine, current] = [was, patch, now].map((lead) => valueAt(lead, path) ?? null);
    return !jsonEqual(old ?? null, mine ?? null) && jsonEqual(current ?? null, old ?? null);
  };
  const sent = touchedPaths(patch).filter(([section = '']) => Object.hasOwn(was, section));
  return sent.some(isAsBefore) ? {} : untouchedMembers(was, patch, lead, true).lost;
}

function dropOldFences(records: LeadRecords, { terms }: TurnPlan): void {
  // A clock that was set back must not prolong a fence beyond what a request can take.
  const longest = terms.now + terms.timeout + travelTime;
  if (!records.fences.some(({ until }) => until <= terms.now || until > longest)) return;
  const standing = records.fences.filter(({ until }) => terms.now < until);
  records.fences = standing.map((fence) => ({ ...fence, until: Math.min(fence.until, longest) }));
}
