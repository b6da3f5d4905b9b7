import type { FrozenBatch } from '../model/lead-record.ts';
import { type BatchTerms, nextBatch } from '../model/next-batch.ts';
import { type Answer, type Settled, settle } from '../model/settle.ts';
import type { Database } from '../storage/database.ts';
import { type LeadRecords, leadRecords, recordTables } from '../storage/lead-records.ts';
import type { LeadQueue } from './lead-queue.ts';

/** An answer that waits to be taken in. */
export interface Answered {
  readonly batch: FrozenBatch;
  readonly answer: Answer;
}

export interface TurnPlan {
  readonly answers: readonly Answered[];
  /** How many new batches to choose at most. */
  readonly want: number;
  readonly queue: LeadQueue;
  readonly ordering: 'per-lead' | 'strict';
  /** Whether a lead is free: not in flight and not waiting. */
  readonly mayBeSent: (leadId: string) => boolean;
  readonly terms: Omit<BatchTerms, 'through' | 'fences'>;
  /** Whether late requests need fences: not where an idempotency header makes them harmless. */
  readonly fenced: boolean;
}

export interface Turn {
  readonly settled: readonly (Settled & { readonly leadId: string })[];
  readonly batches: readonly FrozenBatch[];
  /** The leads whose view, base or counts changed. */
  readonly changed: Awaited<ReturnType<LeadRecords['flush']>>;
  /** Leads that are held by a fence, and until when, in milliseconds since 1970. */
  readonly fencedUntil: ReadonlyMap<string, number>;
}

/** Takes answers in and chooses what to send next, in one transaction (R18). What it chose is frozen in its rows (R16). */
export function takeTurn(database: Database, plan: TurnPlan): Promise<Turn> {
  return database.write(recordTables, async (tables) => {
    const records = await leadRecords(tables);
    const settled = await settleAll(records, plan);
    const { batches, fencedUntil } = await chooseBatches(records, plan);
    const changed = await records.flush();
    return { settled, batches, changed, fencedUntil };
  });
}

async function settleAll(records: LeadRecords, plan: TurnPlan): Promise<Turn['settled']> {
  const { now } = plan.terms;
  const settled: (Settled & { readonly leadId: string })[] = [];
  for (const { batch, answer } of plan.answers) {
    const record = await records.get(batch.leadId);
    // Settled before, by whoever was quicker: a late answer changes nothing (R23).
    if (record?.batch?.id !== batch.id) continue;
    // The stored batch knows of attempts that its sender may not know of.
    const result = settle(record, record.batch, answer, now);
    records.set(result.record);
    records.park(result.parked);
    if (result.fence && plan.fenced) records.setFences([...records.fences, result.fence]);
    plan.queue.update(record.id, result.record.rows[0]?.seq);
    settled.push({ ...result, leadId: record.id });
  }
  const standing = records.fences.filter((fence) => now < fence.until);
  if (standing.length < records.fences.length) records.setFences(standing);
  return settled;
}

async function chooseBatches(records: LeadRecords, plan: TurnPlan): Promise<Pick<Turn, 'batches' | 'fencedUntil'>> {
  const batches: FrozenBatch[] = [];
  const fencedUntil = new Map<string, number>();
  const chosen = new Set<string>();
  const fences = plan.fenced ? records.fences : [];
  while (batches.length < plan.want) {
    const next = await nextLead(records, plan, (id) => !chosen.has(id));
    if (!next) break;
    chosen.add(next.leadId);
    const record = await records.get(next.leadId);
    plan.queue.update(next.leadId, record?.rows[0]?.seq);
    if (!record) continue; // another tab was quicker
    const choice = nextBatch(record, { ...plan.terms, fences, through: next.through });
    if ('batch' in choice) {
      records.set(choice.record);
      batches.push(choice.batch);
    } else {
      fencedUntil.set(next.leadId, choice.waitUntil);
    }
  }
  return { batches, fencedUntil };
}

async function nextLead(
  records: LeadRecords,
  plan: TurnPlan,
  isFree: (leadId: string) => boolean,
): Promise<{ readonly leadId: string; readonly through: number } | undefined> {
  const mayBeSent = (leadId: string) => isFree(leadId) && plan.mayBeSent(leadId);
  if (plan.ordering === 'per-lead') {
    const leadId = await plan.queue.next(mayBeSent, records.outboxAfter);
    return leadId === undefined ? undefined : { leadId, through: Number.POSITIVE_INFINITY };
  }
  // One global order: only the very first edit's lead, and only as far as no other lead comes between.
  const rows = await records.outboxAfter(0, 1_000);
  const leadId = rows[0]?.leadId;
  if (leadId === undefined || !mayBeSent(leadId)) return undefined;
  const end = rows.findIndex((row) => row.leadId !== leadId);
  return { leadId, through: (end < 0 ? rows.at(-1) : rows[end - 1])?.seq ?? 0 };
}
