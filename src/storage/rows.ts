import type { Lead } from '../model/lead.ts';
import type { Fence, LeadRecord, ParkedRow, PendingRow } from '../model/lead-record.ts';
import type { Lease } from './lease.ts';

/**
 * The rows of the five tables.
 *
 * | table  | key   | index  | holds                                                                  |
 * |--------|-------|--------|------------------------------------------------------------------------|
 * | leads  | id    | yours  | local views, plain leads, so that `find` can index real field paths     |
 * | bases  | id    |        | the server's copy and the frozen batch, while the lead has pending edits |
 * | outbox | ++seq | leadId | pending edits                                                          |
 * | parked | seq   | leadId | parked edits                                                           |
 * | meta   | key   |        | fences, the lease without Web Locks, what was discarded and imported   |
 */
export interface Rows {
  readonly leads: Lead;
  readonly bases: BaseRow;
  readonly outbox: PendingRow;
  readonly parked: ParkedRow;
  readonly meta: MetaRow;
}

/** A record without its rows, which are the outbox. */
export interface BaseRow extends Omit<LeadRecord, 'base' | 'rows'> {
  readonly lead: Lead;
}

/** One of each key. */
export interface MetaRow {
  readonly key: 'fences' | 'lease' | 'discarded' | 'imported' | 'client';
  /** All fences of the database: there are few of them and only for as long as a request can travel. */
  readonly fences?: readonly Fence[];
  readonly lease?: Lease;
  /** The last 1,000 edits whose rows went without having been sent, by their seqs (R40). */
  readonly discarded?: readonly number[];
  /** The ids of the last 1,000 imported edits, and the name of this device in those of its own (R64). */
  readonly imported?: readonly string[];
  readonly client?: string;
}

/** The format of these rows. A database with a higher one was written by newer code and is left alone. */
export const rowFormat = 1;

/** The tables in Dexie's notation; `leads` gets the app's indexes. */
export function tableSchemas(indexes: readonly string[]): Record<keyof Rows, string> {
  return {
    leads: ['id', ...indexes].join(', '),
    bases: 'id',
    outbox: '++seq, leadId',
    parked: 'seq, leadId',
    meta: 'key',
  };
}
