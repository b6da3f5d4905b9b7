import type { Conflict, Resolution, Sending } from '../model/edit.ts';
import type { FrozenBatch, ParkedRow } from '../model/lead-record.ts';
import type { BatchTerms } from '../model/next-batch.ts';
import type { Answer, Settled } from '../model/settle.ts';
import type { Database, Tables } from '../storage/database.ts';
import { type LeadRecords, openRecords } from '../storage/lead-records.ts';
import { type Lease, prolongLease } from '../storage/lease.ts';
import { noteOvertaken, readParked } from '../storage/parked-edits.ts';
import { needNotBeAwaited } from '../storage/table.ts';
import { chooseBatches } from './choose-batches.ts';
import type { LeadQueue } from './lead-queue.ts';
import { takeIn } from './take-in.ts';

/** An answer that waits to be taken in: to a batch, or to a look at the lead before one is chosen. */
export interface Answered {
  readonly leadId: string;
  readonly batch: FrozenBatch | undefined;
  readonly answer: Answer;
}

export interface TurnPlan {
  readonly answers: readonly Answered[];
  /** Batches that were chosen and are not sent after all. */
  readonly unsent: readonly FrozenBatch[];
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
  readonly terms: Omit<BatchTerms, 'before' | 'fences' | 'isWhole' | 'isUnsure'>;
  readonly sections: Sections;
  /** Whether every lead is fetched and compared before its edits are sent. */
  readonly checkBeforeSend: boolean;
  readonly decide: (conflict: Conflict) => Resolution;
  /** Whether late requests need fences: not where an idempotency header makes them harmless. */
  readonly isFenced: boolean;
  /** Prolonged before anything is chosen; undefined where a Web Lock makes it the only sender. */
  readonly lease: (() => Lease) | undefined;
  /** Whether it is not the sender any more: the page was frozen since, the browser took the lock, or the leadbox closed. */
  readonly isLost: () => boolean;
}

/** The same before its transaction runs. */
export interface TurnRequest extends Omit<TurnPlan, 'terms'> {
  readonly terms: Omit<TurnPlan['terms'], 'now'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How the server treats a section in a PATCH (R30, R31). */
export interface Sections {
  /** Whether it replaces them. */
  isWhole(): boolean;
  /** Whether it is not known, and answers are to tell. */
  isUnsure(): boolean;
  /** Whether answers decide. */
  readonly isAuto: boolean;
  /** An answer told. */
  learn(treatment: 'merge' | 'replace'): void;
  /** An answer looked like it, which is no proof. */
  sawMerging(): void;
}

/** A frozen batch on its way. */
export type SentBatch = FrozenBatch & Sending;

export interface Turn {
  /** When its transaction ran, in milliseconds since 1970: what it chose counts from then. */
  readonly chosenAt: number;
  readonly settled: readonly Settled[];
  /** Edits parked without having been sent: too old, or not to be read. */
  readonly parkedUnsent: readonly ParkedRow[];
  readonly batches: readonly SentBatch[];
  /** Leads whose rows changed. */
  readonly changed: readonly string[];
  /** Leads whose requests are on their way now, or no longer. */
  readonly sending: readonly string[];
  /** Leads to fetch before their batches can be chosen. */
  readonly looks: readonly string[];
  /** When the fences that held leads back stand no more, in milliseconds since 1970. */
  readonly fencedUntil: readonly number[];
}

/** What was chosen, and what came of choosing it. */
export type Chosen = Omit<Turn, 'chosenAt' | 'changed' | 'sending'>;

/**
 * Takes answers in and chooses what to send next, in one transaction (R18). What it chose is frozen in its rows (R16).
 * `onWritten` as for any transaction.
 */
export function takeTurn(database: Database, request: TurnRequest, onWritten: (turn: Turn) => void): Promise<Turn> {
  let hasRun = false;
  const turn = async (tables: Tables): Promise<Turn> => {
    const { queue, mayBeSent, rank, want, now } = request;
    // Repeated, since its transaction was aborted.
    if (hasRun) queue.reset();
    hasRun = true;
    const answered = request.answers.map(({ leadId }) => leadId);
    // All that is likely to be needed is read at once.
    const isOther = (leadId: string) => !answered.includes(leadId) && mayBeSent(leadId);
    const likely = want ? queue.likely(isOther, rank, want) : [];
    const parked = needNotBeAwaited(readParked(tables, answered));
    const records = await openRecords(tables, now(), [...answered, ...likely]);
    // Asked once it runs: it may have stood in line for long, in a frozen page for example, while others sent.
    const plan: TurnPlan = { ...request, terms: { ...request.terms, now: now() } };
    const { settled, looked, parkedUnsent } = await takeIn(records, plan);
    const chosen = await chooseAlone(tables, records, plan, looked);
    const all = [...settled, ...chosen.settled];
    const acknowledged = all.flatMap((one) => one.acknowledged);
    noteOvertaken(tables, await parked, acknowledged);
    records.flush();
    const allParked = [...records.unreadable, ...parkedUnsent, ...chosen.parkedUnsent];
    return {
      ...{ ...chosen, chosenAt: plan.terms.now, settled: all, parkedUnsent: allParked },
      changed: [...all.map(({ record }) => record.id), ...allParked.map(({ leadId }) => leadId)],
      sending: [...chosen.batches, ...request.unsent].map(({ leadId }) => leadId),
    };
  };
  return database.run('rw', turn, { onWritten });
}

/** Chooses nothing where it may not send it, or somebody else had the lease since the drain began: soon another begins. */
async function chooseAlone(
  tables: Tables,
  records: LeadRecords,
  plan: TurnPlan,
  looked: ReadonlySet<string>,
): Promise<Chosen> {
  const { lease, terms, want } = plan;
  if (plan.isLost() || (want && lease && !(await prolongLease(tables, lease))))
    return { batches: [], looks: [], fencedUntil: [terms.now + 1_000], settled: [], parkedUnsent: [] };
  return chooseBatches(records, plan, looked);
}
