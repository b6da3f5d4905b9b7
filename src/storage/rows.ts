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
const rowFormat = 1;

/**
 * The version of a database of this format, or of one that is `later` by so many. Versions between them are for the
 * indexes that apps add; all are multiples of ten, because Dexie counts in tens.
 */
export function databaseVersion(later = 0): number {
  return (rowFormat + later) * 10_000;
}

const stores: Record<keyof Rows, IDBObjectStoreParameters & { readonly index?: string }> = {
  leads: { keyPath: 'id' },
  bases: { keyPath: 'id' },
  outbox: { keyPath: 'seq', autoIncrement: true, index: 'leadId' },
  parked: { keyPath: 'seq', index: 'leadId' },
  meta: { keyPath: 'key' },
};

export const tableNames = Object.keys(stores) as (keyof Rows)[]; // its keys are those of Rows

/** Makes the tables and indexes that are not there; `indexes` are the app's own. */
export function createTables(database: IDBDatabase, upgrade: IDBTransaction, indexes: readonly string[]): void {
  for (const [name, { index = [], ...options }] of Object.entries(stores)) {
    const isThere = database.objectStoreNames.contains(name);
    const store = isThere ? upgrade.objectStore(name) : database.createObjectStore(name, options);
    for (const path of name === 'leads' ? indexes : [index].flat()) {
      if (!store.indexNames.contains(path)) store.createIndex(path, path);
    }
  }
}

/** Whether all of the app's own indexes are there. */
export function hasIndexes(database: IDBDatabase, indexes: readonly string[]): boolean {
  if (!indexes.length) return true;
  const { indexNames } = database.transaction('leads').objectStore('leads');
  return indexes.every((path) => indexNames.contains(path));
}
