import type { Collection } from 'dexie';
import type { Lead } from '../model/lead.ts';
import type { ParkedRow, PendingRow } from '../model/lead-record.ts';
import type { Database, Tables } from './database.ts';
import type { BaseRow } from './rows.ts';

/** A cached lead with the counts of its rows. */
export interface ReadLead {
  readonly lead: Lead;
  readonly base: Lead;
  readonly pending: number;
  readonly parked: number;
}

/** Dexie's Table of local views in, a Collection out. */
export type LeadQuery<L = Lead> = (leads: LeadTable<L>) => Collection<L, string>;
/** The part of Dexie's Table that chooses and orders. */
export type LeadTable<L = Lead> = Pick<
  import('dexie').Table<L, string>,
  'where' | 'orderBy' | 'filter' | 'offset' | 'limit' | 'reverse' | 'toCollection'
>;

/** One lead, all of it from one snapshot; undefined if it is not cached. */
export function readLead(database: Database, id: string): Promise<ReadLead | undefined> {
  return database.read(['leads', 'bases', 'outbox', 'parked'], async ({ leads, bases, outbox, parked }) => {
    const [lead, base, pendingCount, parkedCount] = await Promise.all([
      leads.get(id),
      bases.get(id),
      outbox.where('leadId').equals(id).count(),
      parked.where('leadId').equals(id).count(),
    ]);
    return lead && { lead, base: base?.lead ?? lead, pending: pendingCount, parked: parkedCount };
  });
}

/** The local views that a query chooses. */
export function readQuery(database: Database, query: LeadQuery): Promise<Lead[]> {
  return database.read(['leads'], ({ leads }) => query(leads).toArray());
}

/**
 * The ids that a query chooses, in order, and the leads among them that `wanted` asks for: what an observer already
 * holds need not be read again.
 */
export function readQueryAgain(
  database: Database,
  query: LeadQuery,
  wanted: (id: string) => boolean,
): Promise<{ readonly ids: readonly string[]; readonly leads: readonly Lead[] }> {
  return database.read(['leads'], async ({ leads }) => {
    const ids = await query(leads).primaryKeys();
    const read = await leads.bulkGet(ids.filter(wanted));
    return { ids, leads: read.filter((lead) => lead !== undefined) };
  });
}

/** How many edits wait, as the rows say. */
export function countRows(database: Database): Promise<{ readonly pending: number; readonly parked: number }> {
  return database.read(['outbox', 'parked'], async ({ outbox, parked }) => {
    const [pendingCount, parkedCount] = await Promise.all([outbox.count(), parked.count()]);
    return { pending: pendingCount, parked: parkedCount };
  });
}

/** The outbox of one lead or of all, in order, with the batches that are on their way. */
export function readOutbox(
  database: Database,
  leadId?: string,
): Promise<{
  readonly pending: readonly PendingRow[];
  readonly parked: readonly ParkedRow[];
  readonly bases: readonly BaseRow[];
}> {
  return database.read(['bases', 'outbox', 'parked'], async ({ bases, outbox, parked }) => {
    const of = <K extends 'outbox' | 'parked'>(table: Tables[K]) =>
      leadId === undefined ? table.toArray() : table.where('leadId').equals(leadId).toArray();
    const [pendingRows, parkedRows, baseRows] = await Promise.all([
      of<'outbox'>(outbox),
      of<'parked'>(parked),
      leadId === undefined ? bases.toArray() : bases.where('id').equals(leadId).toArray(),
    ]);
    return { pending: pendingRows, parked: parkedRows, bases: baseRows };
  });
}

/** What became of edits: still pending, parked (with the row), or neither. */
export function readFates(
  database: Database,
  seqs: readonly number[],
): Promise<ReadonlyMap<number, 'pending' | ParkedRow | 'gone'>> {
  return database.read(['outbox', 'parked'], async ({ outbox, parked }) => {
    const [pendingRows, parkedRows] = await Promise.all([outbox.bulkGet([...seqs]), parked.bulkGet([...seqs])]);
    return new Map(
      seqs.map((seq, index) => [seq, pendingRows[index] ? 'pending' : (parkedRows[index] ?? 'gone')] as const),
    );
  });
}
