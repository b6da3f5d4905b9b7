import { isOlder } from '../model/lead-change.ts';
import { type FrozenBatch, type LeadRecord, latestArrival, type ParkedRow } from '../model/lead-record.ts';
import { isThere, judged, lostSince } from '../model/sections.ts';
import { type Answer, nothingElse, parkedRows, parkRows, type Settled, settle } from '../model/settle.ts';
import type { LeadRecords } from '../storage/lead-records.ts';
import { conclude } from './conclude.ts';
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
  for (const batch of plan.unsent) {
    const record = await records.get(batch.leadId);
    // One that was sent before, or by another tab since, goes again as it was.
    const isUnsent = record?.batch?.id === batch.id && !record.batch.isRepeated;
    if (isUnsent) records.set({ ...record, batch: undefined });
  }
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
  // What was refused need not be remembered by its id: an earlier attempt that arrives later may still do it.
  if (result.fence && (isFenced || answer.kind === 'refused')) records.fences = [...records.fences, result.fence];
  return conclude(records, result, plan);
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
  const current = { ...record, base: lead, etag };
  if (!earlier || !Object.keys(lost).length) return { ...nothingElse, record: current };
  // It arrived. What it set is the server's, unless others changed that since: then it is compared.
  const acknowledged = isThere(earlier, lead) ? rows.filter(({ seq }) => earlier.seqs.includes(seq)) : [];
  const left = rows.filter((row) => !acknowledged.includes(row));
  return { ...nothingElse, record: { ...current, rows: left, earlier: judged(earlier) }, acknowledged, lost };
}

function dropOldFences(records: LeadRecords, { terms }: TurnPlan): void {
  // A clock that was set back must not prolong a fence beyond what a request can take.
  const longest = latestArrival(terms);
  if (!records.fences.some(({ until }) => until <= terms.now || until > longest)) return;
  const standing = records.fences.filter(({ until }) => terms.now < until);
  records.fences = standing.map((fence) => ({ ...fence, until: Math.min(fence.until, longest) }));
}
