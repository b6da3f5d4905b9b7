import { allAsConflicts, compareWith, resolveConflicts } from '../model/conflict.ts';
import { type LeadRecord, latestArrival, type ParkedRow } from '../model/lead-record.ts';
import { touchedPaths } from '../model/merge-patch.ts';
import { type BatchTerms, type Foldable, foldable, nextBatch } from '../model/next-batch.ts';
import { standingOn } from '../model/replaced.ts';
import { doubt, doubtedRows, mostRounds, nothingElse, parkRows, type Settled } from '../model/settle.ts';
import { staleRows } from '../model/stale.ts';
import type { LeadRecords } from '../storage/lead-records.ts';
import type { Chosen, SentBatch, TurnPlan } from './turn.ts';

/** Chooses what to send next: batches, or leads to fetch before theirs can be chosen; `looked` were just fetched. */
export async function chooseBatches(
  records: LeadRecords,
  plan: TurnPlan,
  looked: ReadonlySet<string>,
): Promise<Chosen> {
  const batches: SentBatch[] = [];
  const looks: string[] = [];
  const fencedUntil: number[] = [];
  const parkedUnsent: ParkedRow[] = [];
  const settled: Settled[] = [];
  const seen = new Set<string>();
  const { terms, sections, queue, decide } = plan;

  /** One global order: only the very first edit's lead, and only as far as no other lead comes between. */
  const strictly = async (): Promise<{ readonly head?: string | undefined; readonly before: number }> => {
    const rows = await records.outboxAfter(0, 1_000);
    const [head] = rows;
    const other = rows.find(({ leadId }) => leadId !== head?.leadId);
    return { head: head?.leadId, before: other?.seq ?? (rows.at(-1)?.seq ?? 0) + 1 };
  };

  const choose = async (leadId: string) => {
    seen.add(leadId);
    const found = await records.get(leadId);
    if (!found && records.unknownRows(leadId).length) looks.push(leadId);
    const stale = found ? staleRows(found, terms.now, plan.maxAge) : [];
    if (found && stale.length) {
      const { record, parked } = parkRows(found, stale, { reason: 'stale', now: terms.now });
      records.set(record);
      records.park(parked);
      parkedUnsent.push(...parked);
    }
    const { head, before } = plan.isStrict ? await strictly() : { head: leadId, before: Number.POSITIVE_INFINITY };
    if (head === leadId)
      await freeze(leadId, {
        ...{ ...terms, before, fences: records.fences },
        ...{ isWhole: sections.isWhole(), isUnsure: sections.isUnsure() },
      });
    else seen.delete(leadId); // what was first of it is parked: another lead's edit comes before the rest
    queue.update(leadId, (await records.get(leadId))?.rows[0]?.seq);
  };

  const freeze = async (leadId: string, given: BatchTerms): Promise<void> => {
    const found = await records.get(leadId);
    if (!found) return; // another tab was quicker, or nothing of it is left to send
    // A repair is in itself a sign that the server replaces, also where what was learned could not be remembered.
    const isRepairing = sections.isAuto && !!found.rows[0]?.isRepair;
    const batchTerms = isRepairing ? { ...given, isWhole: true, isUnsure: false } : given;
    const record = thawed(found, batchTerms);
    if (typeof record === 'number') {
      // A clock that was set back must not prolong it beyond what a request can take.
      const longest = latestArrival(terms);
      const batch = found.batch && { ...found.batch, arrivesUntil: longest, lateUntil: longest };
      if (longest < record) records.set({ ...found, batch });
      return void fencedUntil.push(Math.min(record, longest));
    }
    const fold = !record.batch && foldable(record, batchTerms);
    if (typeof fold === 'number') return void fencedUntil.push(fold);
    const mustLook = fold && (plan.checkBeforeSend || batchTerms.isWhole || record.rounds);
    if (mustLook && !looked.has(leadId)) return void looks.push(leadId);
    if (record !== found) records.set(record);
    const result = mustLook && compared(record, fold);
    if (result) {
      records.set(result.record);
      records.park(result.parked);
      settled.push(result);
    }
    const left = await records.get(leadId);
    const last = mustLook ? (fold.rows.at(-1)?.seq ?? 0) : Number.POSITIVE_INFINITY;
    // What was not compared waits for the next look.
    if (!left || (left.rows[0]?.seq ?? 0) > last) return;
    const choice = nextBatch(left, { ...batchTerms, before: Math.min(batchTerms.before, last + 1) });
    if (typeof choice === 'number') return void fencedUntil.push(choice);
    records.set({ ...left, batch: choice });
    batches.push({ ...choice, etag: left.etag, version: left.base.updated_at });
  };

  /** What comparing edits with the fresh base made of them; undefined if nothing: they can go as they are. */
  const compared = (record: LeadRecord, { rows, patch }: Foldable): Settled | undefined => {
    const { base, rounds = 0, refusal } = record;
    const { conflicts, isThere } = compareWith(base, rows, patch, doubtedRows(record));
    // Refused, and yet it arrived: an earlier attempt was the one that did it.
    if (rounds && isThere) {
      const left = record.rows.filter((row) => !rows.includes(row));
      return {
        ...nothingElse,
        record: { ...record, rows: standingOn(left, base, touchedPaths(patch)) },
        acknowledged: rows,
      };
    }
    if (rounds > mostRounds) {
      const conflicts = allAsConflicts(base, rows, patch);
      const parking = { reason: 'conflict' as const, ...refusal, conflicts, now: terms.now };
      return { ...nothingElse, ...parkRows({ ...record, rounds: undefined }, rows, parking) };
    }
    if (!conflicts.length) return undefined;
    const seqs = rows.map(({ seq }) => seq);
    const resolved = resolveConflicts(record.rows, seqs, conflicts, decide);
    const inOrder = [...resolved.rows, ...resolved.asking.map(({ row }) => row)].sort((a, b) => a.seq - b.seq);
    let next: LeadRecord = { ...record, rows: inOrder };
    const parked: ParkedRow[] = [];
    for (const { row, conflicts: asked } of [...resolved.asking].reverse()) {
      const one = parkRows(next, [row], { reason: 'conflict', conflicts: asked, now: terms.now });
      next = one.record;
      parked.push(...one.parked);
    }
    return { ...nothingElse, record: next, acknowledged: resolved.yielded, parked };
  };

  for (const leadId of looked) {
    // What it was looked at for may be done by now, and another lead's edit the first.
    const isNext = !plan.isStrict || (await strictly()).head === leadId;
    if (plan.want && isNext) await choose(leadId);
  }
  const mayBeSent = (leadId: string) => !seen.has(leadId) && plan.mayBeSent(leadId);
  while (batches.length + looks.length < plan.want) {
    const head = plan.isStrict ? (await strictly()).head : await queue.next(mayBeSent, plan.rank, records.outboxAfter);
    if (head === undefined || !mayBeSent(head)) break;
    records.expect(queue.likely(mayBeSent, plan.rank, plan.want - batches.length - looks.length));
    await choose(head);
  }
  return { batches, looks, fencedUntil, parkedUnsent, settled };
}

/**
 * Whole sections are as old as the look at the lead that they were made on: sent again, they would undo what others did
 * since. So they are made anew, as soon as no earlier attempt can arrive any more; until then, the time when that is.
 */
function thawed(record: LeadRecord, { now, isOver }: BatchTerms): LeadRecord | number {
  const { batch } = record;
  if (!batch?.isWhole) return record;
  const until = Math.max(batch.lateUntil ?? 0, isOver(batch) ? 0 : batch.arrivesUntil);
  return now < until ? until : { ...record, batch: undefined, ...doubt(record, { ...batch, isRepeated: true }) };
}
