import { type FrozenBatch, type ParkedRow, travelTime } from '../model/lead-record.ts';
import { type BatchTerms, nextBatch } from '../model/next-batch.ts';
import { type Answer, type Settled, settle } from '../model/settle.ts';
import { staleRows } from '../model/stale.ts';
import type { Database, Tables } from '../storage/database.ts';
import { type LeadRecords, openRecords } from '../storage/lead-records.ts';
import { leasedUntil, takeLease } from '../storage/lease.ts';
import { noteOvertaken } from '../storage/parked-edits.ts';
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
  /** Whether a lead is free: not in flight and not waiting. */
  readonly mayBeSent: (leadId: string) => boolean;
  /** Leads with a lower rank, from 0, go first. */
  readonly rank: (leadId: string) => number;
  readonly isStrict: boolean;
  /** Milliseconds after which an edit that was never sent is not sent unasked. */
  readonly maxAge: number;
  readonly terms: Omit<BatchTerms, 'before' | 'fences'>;
  /** Whether late requests need fences: not where an idempotency header makes them harmless. */
  readonly isFenced: boolean;
  /** Who takes a lease before it chooses; undefined where a Web Lock makes it the only sender. */
  readonly leaseHolder: string | undefined;
}

export interface Turn {
  readonly settled: readonly Settled[];
  /** Edits parked without having been sent: too old, or not to be read. */
  readonly parkedUnsent: readonly ParkedRow[];
  readonly batches: readonly FrozenBatch[];
  /** When the fences that held leads back stand no more, in milliseconds since 1970. */
  readonly fencedUntil: readonly number[];
}

/** Takes answers in and chooses what to send next, in one transaction (R18). What it chose is frozen in its rows (R16). */
export function takeTurn(database: Database, plan: TurnPlan): Promise<Turn> {
  return database.run('rw', async (tables) => {
    const records = await openRecords(tables, plan.terms.now);
    const settled = await settleAll(records, plan);
    await noteOvertaken(
      tables,
      settled.flatMap(({ acknowledged }) => acknowledged),
    );
    const { stale, ...chosen } = await chooseAlone(tables, records, plan);
    await records.flush();
    return { settled, parkedUnsent: [...records.unreadable, ...stale], ...chosen };
  });
}

type Choice = Pick<Turn, 'batches' | 'fencedUntil'> & { readonly stale: readonly ParkedRow[] };

/** Chooses if nobody else holds the lease, and takes it for what was chosen; with a Web Lock there is none. */
async function chooseAlone(tables: Tables, records: LeadRecords, plan: TurnPlan): Promise<Choice> {
  const { leaseHolder: holder, terms, want } = plan;
  const lease = holder !== undefined && want > 0 && { holder, until: terms.now + terms.timeout + travelTime };
  const othersUntil = lease && (await leasedUntil(tables, lease, terms.now));
  if (othersUntil) return { batches: [], fencedUntil: [othersUntil], stale: [] };
  const chosen = await chooseBatches(records, plan);
  if (lease && chosen.batches.length) await takeLease(tables, lease);
  return chosen;
}

async function settleAll(records: LeadRecords, { answers, queue, isFenced, terms }: TurnPlan): Promise<Settled[]> {
  const settled: Settled[] = [];
  for (const { batch, answer } of answers) {
    const record = await records.get(batch.leadId);
    // Settled before, by whoever was quicker: a late answer changes nothing (R23).
    if (record?.batch?.id !== batch.id) continue;
    // The stored batch knows of attempts that the one who was answered may not know of: another tab's may be later.
    const { lateUntil = 0, arrivesUntil } = record.batch;
    const isLatest = arrivesUntil === batch.arrivesUntil;
    const latest = { ...record.batch, lateUntil: isLatest ? lateUntil : Math.max(lateUntil, arrivesUntil) };
    const result = settle(record, latest, answer, terms.now);
    records.set(result.record);
    records.park(result.parked);
    if (result.fence && isFenced) records.fences = [...records.fences, result.fence];
    queue.update(record.id, result.record.rows[0]?.seq);
    settled.push(result);
  }
  // A clock that was set back must not prolong a fence beyond what a request can take.
  const longest = terms.now + terms.timeout + travelTime;
  if (records.fences.some(({ until }) => until <= terms.now || until > longest)) {
    const standing = records.fences.filter(({ until }) => terms.now < until);
    records.fences = standing.map((fence) => ({ ...fence, until: Math.min(fence.until, longest) }));
  }
  return settled;
}

async function chooseBatches(records: LeadRecords, plan: TurnPlan): Promise<Choice> {
  const batches: FrozenBatch[] = [];
  const fencedUntil: number[] = [];
  const stale: ParkedRow[] = [];
  const seen = new Set<string>();
  const parkStale = async (leadId: string) => {
    const record = await records.get(leadId);
    const old = record ? staleRows(record, plan.terms.now, plan.maxAge) : [];
    if (!record || !old.length) return;
    records.set({ ...record, rows: record.rows.filter((row) => !old.includes(row)) });
    const parkedAt = new Date(plan.terms.now).toISOString();
    const parked = old.map((row): ParkedRow => ({ ...row, reason: 'stale', parkedAt }));
    records.park(parked);
    stale.push(...parked);
  };
  const mayBeSent = (leadId: string) => !seen.has(leadId) && plan.mayBeSent(leadId);
  while (batches.length < plan.want) {
    // One global order: only the very first edit's lead, and only as far as no other lead comes between.
    const rows = plan.isStrict ? await records.outboxAfter(0, 1_000) : [];
    const head = rows.find(({ leadId }, index) => !index && mayBeSent(leadId))?.leadId;
    const leadId = plan.isStrict ? head : await plan.queue.next(mayBeSent, plan.rank, records.outboxAfter);
    if (leadId === undefined) break;
    seen.add(leadId);
    await parkStale(leadId);
    const record = await records.get(leadId);
    plan.queue.update(leadId, record?.rows[0]?.seq);
    if (!record) continue; // another tab was quicker, or nothing of it is left to send
    const other = rows.find((row) => row.leadId !== leadId)?.seq;
    const end = rows.at(-1)?.seq ?? Number.POSITIVE_INFINITY;
    const fences = plan.isFenced ? records.fences : [];
    const choice = nextBatch(record, { ...plan.terms, fences, before: other ?? end + 1 });
    if (typeof choice === 'number') {
      fencedUntil.push(choice);
    } else {
      records.set({ ...record, batch: choice });
      batches.push(choice);
    }
  }
  return { batches, fencedUntil, stale };
}
