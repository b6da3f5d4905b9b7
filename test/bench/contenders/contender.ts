import type { JsonObject } from '../../../src/model/json.ts';
import type { Lead } from '../../../src/model/lead.ts';
import type { Size } from '../rows/row.ts';

export type Durability = 'strict' | 'relaxed';

/**
 * Somebody who keeps leads and edits in IndexedDB. All work on the tables of the library and store the same rows, except
 * those that bring what deals with their own tables.
 */
export interface Contender {
  open(database: string, terms: Terms): Promise<Opened>;
  readonly tables?: Tables;
}

/** By name. Each is loaded when its turn comes, so that a page holds the code of those it measures only. */
export type Contenders = Readonly<Record<string, () => Promise<Contender>>>;

/** How the bench makes, looks into and removes a database, outside what is measured. */
export interface Tables {
  /** Makes it with leads and pending edits in it. */
  fill(database: string, size: Size): Promise<void>;
  /** What a contender left in it. */
  stored(database: string): Promise<Facts>;
  drop(database: string): Promise<void>;
}

/** What was stored or sent in the end, by name; whoever knows a fact must agree on it with the others. */
export type Facts = Readonly<Record<string, string | number | undefined>>;

export interface Terms {
  readonly durability: Durability;
  /** Leads in flight at once. */
  readonly inFlight: number;
}

export interface FieldEdit {
  readonly id: string;
  /** Members of `properties`, and what they become. */
  readonly fields: JsonObject;
}

/** What a row asks of it. */
export interface Opened {
  load(leads: readonly Lead[]): Promise<void>;
  /** Resolves when it is durable. */
  edit(edit: FieldEdit): Promise<unknown>;
  /** All at once; resolves when the last is durable. */
  editAll(edits: readonly FieldEdit[]): Promise<unknown>;
  /** Calls `seen` with the lead now and after each change, until what it gives is called. */
  observe(id: string, seen: (lead: Lead) => void): () => void;
  /** A lead with its pending edits on top, and how many these are; undefined: it cannot tell. */
  show(id: string): Promise<{ readonly lead: Lead; readonly pending: number | undefined }>;
  /** Which fields of a lead have unsynced edits, with both values and the edits behind them: how many there are. */
  changes(id: string): Promise<number>;
  /** How many edits wait; undefined: it cannot tell. */
  count(): Promise<number | undefined>;
  /** Goes online with a server that does not answer yet, for those who have to do something before they can send. */
  connect?(): Promise<unknown>;
  /** Sends all that is pending. */
  drain(): Promise<unknown>;
  close(): Promise<void>;
}
