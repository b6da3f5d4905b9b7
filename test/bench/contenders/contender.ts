import type { JsonObject } from '../../../src/model/json.ts';
import type { Lead } from '../../../src/model/lead.ts';

export type Durability = 'strict' | 'relaxed';

/** Somebody who keeps leads and edits in IndexedDB. All of them work on the same tables and store the same rows. */
export interface Contender {
  open(database: string, terms: Terms): Promise<Opened>;
}

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
  /** A lead with its pending edits on top, and how many these are. */
  show(id: string): Promise<{ readonly lead: Lead; readonly pending: number }>;
  /** Which fields of a lead have unsynced edits, with both values and the edits behind them: how many there are. */
  changes(id: string): Promise<number>;
  /** How many edits wait. */
  count(): Promise<number>;
  /** Sends all that is pending. */
  drain(): Promise<unknown>;
  close(): Promise<void>;
}
