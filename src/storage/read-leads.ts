import type { Collection, Table } from 'dexie';
import type { Unsynced } from '../model/changes.ts';
import type { ParkedEdit, PendingEdit } from '../model/edit.ts';
import type { Lead, OpenSections } from '../model/lead.ts';
import type { ParkedRow, PendingRow } from '../model/lead-record.ts';
import { checkLeadId } from '../model/lead-schema.ts';
import type { Database } from './database.ts';
import { readParked } from './parked-edits.ts';
import { hasPatch, isReadableLead } from './readable.ts';

/** A cached lead with the counts of its rows. */
export interface ReadLead {
  readonly lead: Lead;
  readonly base: Lead;
  readonly pending: number;
  /** The place of the last pending edit; 0 if there is none. */
  readonly lastSeq: number;
  readonly parked: number;
}

/** Dexie's Table of local views in, a Collection out. */
export type LeadQuery<S = OpenSections> = (leads: LeadTable<S>) => Collection<Lead<S>, string>;
/** The part of Dexie's Table that chooses and orders. */
export type LeadTable<S = OpenSections> = Pick<
  Table<Lead<S>, string>,
  'where' | 'orderBy' | 'filter' | 'offset' | 'limit' | 'reverse' | 'toCollection'
>;

/**
 * One lead, all of it from one snapshot; undefined if it is not cached.
 * @throws LeadboxError 'invalid-lead-id'.
 */
export async function readLead(database: Database, id: string): Promise<ReadLead | undefined> {
  checkLeadId(id);
  return database.run('r', async ({ leads, bases, outbox, parked }) => {
    const [lead, base, seqs, parkedCount] = await Promise.all([
      leads.get(id),
      bases.get(id),
      outbox.where('leadId', id).primaryKeys(),
      parked.where('leadId', id).count(),
    ]);
    const counts = { pending: seqs.length, lastSeq: Math.max(0, ...seqs.slice(-1)), parked: parkedCount };
    // One that cannot be read is as good as not cached: the app fetches it anew.
    return isReadableLead(lead) ? { lead, base: isReadableLead(base?.lead) ? base.lead : lead, ...counts } : undefined;
  });
}

/**
 * What a query chooses, in order: all ids, and the leads; of these only those that `isWanted` asks for, if it is given:
 * what an observer holds need not be read again.
 */
export function readQuery(
  database: Database,
  query: LeadQuery,
  isWanted?: (id: string) => boolean,
): Promise<{ readonly ids: readonly string[]; readonly leads: readonly Lead[] }> {
  return database.query(async (leads) => {
    const ids = isWanted ? await query(leads).primaryKeys() : [];
    const wanted = isWanted && ids.filter(isWanted);
    // Above some number, reading the whole result is quicker than picking.
    if (!wanted || wanted.length > 200) {
      const found = await query(leads).toArray();
      return { ids: found.map(({ id }) => id), leads: found };
    }
    const picked = await leads.bulkGet(wanted);
    return { ids, leads: picked.filter((lead) => lead !== undefined) };
  });
}

/** How many edits wait, as the rows say. */
export function countRows(database: Database): Promise<{ readonly pending: number; readonly parked: number }> {
  return database.run('r', async (tables) => {
    const [pending, parked] = await Promise.all([tables.outbox.count(), tables.parked.count()]);
    return { pending, parked };
  });
}

/** What the server does not have of a lead; of one that is not here there is no base. */
export function readUnsynced(database: Database, id: string): Promise<Unsynced> {
  return database.run('r', async ({ leads, bases, outbox, parked }) => {
    // An index is in the order of the keys: of the edits of one lead, that of their seqs.
    const [lead, known, rows, refused] = await Promise.all([
      leads.get(id),
      bases.get(id),
      outbox.where('leadId', id).toArray(),
      parked.where('leadId', id).toArray(),
    ]);
    const base = [known?.lead, lead].find(isReadableLead);
    // Of a patch that cannot be read nobody can say what it changes.
    const [pending, notSent] = [rows.filter(hasPatch), refused.filter(hasPatch)];
    return { ...(base ? { base } : {}), rows: pending, parked: notSent, sent: known?.batch?.seqs ?? [] };
  });
}

/** The leads with pending edits. */
export async function pendingLeadIds(database: Database): Promise<readonly string[]> {
  const ids = await database.run('r', ({ outbox }) => outbox.uniqueKeys('leadId'));
  return ids as string[]; // the index holds what `leadId` holds
}

/** The outbox of one lead or of all, in order, as apps see it. */
export function readOutbox(
  database: Database,
  leadId?: string,
): Promise<{ readonly pending: PendingEdit[]; readonly parked: ParkedEdit[] }> {
  return database.run('r', async ({ outbox, parked, bases }) => {
    const [pending, refused, known] = await Promise.all([
      (leadId === undefined ? outbox : outbox.where('leadId', leadId)).toArray(),
      (leadId === undefined ? parked : parked.where('leadId', leadId)).toArray(),
      leadId === undefined ? bases.toArray() : bases.bulkGet([leadId]),
    ]);
    const sent = new Set(known.flatMap((base) => base?.batch?.seqs ?? []));
    return {
      pending: pending.map(({ replaced, origin, isRepair, madeAs, ...row }) => ({ ...row, sent: sent.has(row.seq) })),
      parked: refused.map(parkedEdit),
    };
  });
}

/** A parked row as apps see it. */
export function parkedEdit({ overtaken, replaced, origin, isRepair, madeAs, ...row }: ParkedRow): ParkedEdit {
  return { ...row, sent: false };
}

/** What became of edits: their rows that are still pending or parked, all parked ones of their leads, and what was discarded. */
export function readFates(database: Database, edits: readonly PendingRow[]): Promise<Fates> {
  return database.run('r', async (tables) => {
    const seqs = edits.map(({ seq }) => seq);
    const withParked = new Set(await tables.parked.uniqueKeys('leadId'));
    const leadIds = edits.map(({ leadId }) => leadId).filter((id) => withParked.has(id));
    const [pending, refused, ofLeads, gone] = await Promise.all([
      tables.outbox.bulkGet(seqs),
      tables.parked.bulkGet(seqs),
      readParked(tables, leadIds),
      tables.meta.get('discarded'),
    ]);
    return { pending, refused, ofLeads, discarded: gone?.discarded ?? [] };
  });
}

/** Those of the edits that were asked for in their order. */
export interface Fates {
  readonly pending: readonly (PendingRow | undefined)[];
  readonly refused: readonly (ParkedRow | undefined)[];
  readonly ofLeads: readonly ParkedRow[];
  /** Seqs. */
  readonly discarded: readonly number[];
}
