import type { JsonObject } from '../../../src/model/json.ts';
import type { Lead } from '../../../src/model/lead.ts';
import type { PendingRow } from '../../../src/model/lead-record.ts';
import type { BaseRow } from '../../../src/storage/rows.ts';
import type { FieldEdit } from './contender.ts';

/** What hand-written code needs besides its database: the same rows as the library stores, made by the shortest way. */

/** The tables of the library in a database that it opens as its own. */
export const layout = {
  /** Dexie's 1000. */
  version: 10_000,
  stores: {
    leads: { keyPath: 'id' },
    bases: { keyPath: 'id' },
    outbox: { keyPath: 'seq', autoIncrement: true, index: 'leadId' },
    parked: { keyPath: 'seq', index: 'leadId' },
    meta: { keyPath: 'key' },
  },
} as const;

/** How many edits share a transaction; with more, a task takes more than 50 ms. */
export const groupSize = 250;

/** A lead after an edit, and the edit's row, which has no seq yet. */
export function edited(lead: Lead, { id, fields }: FieldEdit): { readonly lead: Lead; readonly row: PendingRow } {
  const properties = lead.properties as JsonObject; // no lead of the bench is without
  const replaced = Object.keys(fields).map((key) => {
    const value = properties[key];
    return { path: ['properties', key], ...(value !== undefined && { value }) };
  });
  const row = { leadId: id, patch: { properties: fields }, madeAt: new Date().toISOString(), replaced };
  return {
    lead: { ...lead, properties: { ...properties, ...fields } },
    row: row as unknown as PendingRow, // the table gives it its seq
  };
}

/** Members of `properties` with unsynced edits, whose last one has the say. */
export function changedFields(base: BaseRow, rows: readonly PendingRow[]) {
  const server = base.lead.properties as JsonObject; // no lead of the bench is without
  const fields = new Map<string, { key: string; server: unknown; mine: unknown; seqs: number[] }>();
  for (const { seq, patch } of rows) {
    for (const [key, mine] of Object.entries(patch.properties as JsonObject)) {
      const seqs = fields.get(key)?.seqs ?? [];
      seqs.push(seq);
      fields.set(key, { key, server: server[key], mine, seqs });
    }
  }
  return [...fields.values()];
}

/** A lead's edits as one request. */
export interface HandBatch {
  readonly id: string;
  readonly leadId: string;
  readonly seqs: readonly number[];
  readonly body: string;
}

export interface HandAnswer {
  readonly batch: HandBatch;
  readonly lead: Lead;
}

/** The base of a lead with its frozen batch, as the library keeps it. */
export function frozen(base: BaseRow, batch: HandBatch): BaseRow {
  const before = { properties: base.lead.properties as JsonObject };
  return { ...base, batch: { ...batch, arrivesUntil: Date.now() + 35_000, before } };
}

/** The outbox as requests: later fields over earlier ones, the lead with the oldest edit first. */
export function folded(rows: readonly PendingRow[]): HandBatch[] {
  const leads = new Map<string, { seqs: number[]; fields: JsonObject }>();
  for (const { seq, leadId, patch } of rows) {
    const known = leads.get(leadId) ?? { seqs: [], fields: {} };
    known.seqs.push(seq);
    known.fields = { ...known.fields, ...(patch.properties as JsonObject) };
    leads.set(leadId, known);
  }
  return [...leads].map(([leadId, { seqs, fields }]) => ({
    ...{ id: `hand-${seqs[0]}`, leadId, seqs },
    body: JSON.stringify({ properties: fields }),
  }));
}

/**
 * Sends batches, so many at once. `turn` takes in the answers that came and freezes the next batches, in one
 * transaction: while it runs, further answers gather for the next one.
 */
export async function drainByHand(
  waiting: HandBatch[],
  inFlight: number,
  turn: (answers: readonly HandAnswer[], next: readonly HandBatch[]) => Promise<unknown>,
): Promise<void> {
  const answers: HandAnswer[] = [];
  let open = 0;
  let wake = () => {};
  const send = async (batch: HandBatch) => {
    open += 1;
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`/api/v1/leads/${batch.leadId}`, { method: 'PATCH', body: batch.body, headers });
    const { data } = (await response.json()) as { data: Lead };
    open -= 1;
    answers.push({ batch, lead: data });
    wake();
  };
  while (true) {
    const next = waiting.splice(0, inFlight - open);
    if (answers.length || next.length) {
      await turn(answers.splice(0), next);
      for (const batch of next) void send(batch);
    } else if (open) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    } else return;
  }
}
