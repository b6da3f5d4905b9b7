import type { JsonObject } from '../model/json.ts';
import type { Lead } from '../model/lead.ts';
import { applyToLead } from '../model/lead-change.ts';
import type { PendingRow } from '../model/lead-record.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import type { Database } from './database.ts';

/** An edit on its way into the outbox. */
export interface EditRequest {
  readonly leadId: string;
  readonly madeAt: string;
  /** The merge patch on the lead's stored view. Asked once per attempt of the transaction; throws to refuse the edit. */
  readonly patchOn: (view: Lead) => JsonObject;
}

/** How one edit of a group ended. */
export type StoredEdit =
  | { readonly kind: 'stored'; readonly row: PendingRow }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly error: unknown };

/** A lead as a transaction left it. */
export interface StoredLead {
  readonly lead: Lead;
  readonly base: Lead;
  /** How many edits were added. */
  readonly edits: number;
}

/** What a group of edits came to: its outcomes in order, and the leads it changed. */
export interface StoredEdits {
  readonly edits: readonly StoredEdit[];
  readonly leads: ReadonlyMap<string, StoredLead>;
}

/**
 * Applies edits to the stored views and appends them to the outbox, all in one transaction (R1, R4). Resolves when it
 * is complete. An edit that is refused leaves nothing and the others alone.
 */
export function storeEdits(database: Database, requests: readonly EditRequest[]): Promise<StoredEdits> {
  const ids = [...new Set(requests.map((request) => request.leadId))];
  return database.write(['leads', 'bases', 'outbox'], async ({ leads, bases, outbox }) => {
    const [views, baseRows] = await Promise.all([leads.bulkGet(ids), bases.bulkGet(ids)]);
    const viewOf = new Map(ids.map((id, index) => [id, views[index]]));
    const baseOf = new Map(ids.map((id, index) => [id, baseRows[index]?.lead]));
    const changed = new Map<string, StoredLead>();

    const rows: Omit<PendingRow, 'seq'>[] = [];
    const place = (request: EditRequest): { row: number } | { edit: StoredEdit } => {
      const view = viewOf.get(request.leadId);
      if (!view) return { edit: { kind: 'refused', error: notCached(request.leadId) } };
      try {
        const patch = request.patchOn(view);
        const after = applyToLead(view, patch);
        if (after === view) return { edit: { kind: 'unchanged' } };
        const earlier = changed.get(view.id);
        const base = earlier?.base ?? baseOf.get(view.id) ?? view;
        viewOf.set(view.id, after);
        changed.set(view.id, { lead: after, base, edits: (earlier?.edits ?? 0) + 1 });
        return { row: rows.push({ leadId: view.id, patch, madeAt: request.madeAt }) - 1 };
      } catch (error) {
        return { edit: { kind: 'refused', error } };
      }
    };
    const places = requests.map(place);

    const firstEdits = [...changed].filter(([id]) => !baseOf.get(id));
    const [seqs] = await Promise.all([
      outbox.bulkAdd(rows as PendingRow[], { allKeys: true }), // the table itself gives them their seq
      leads.bulkPut([...changed.values()].map(({ lead }) => lead)),
      bases.bulkAdd(firstEdits.map(([id, { base }]) => ({ id, lead: base }))),
    ]);
    const edits = places.map((at): StoredEdit => {
      if ('edit' in at) return at.edit;
      const row = rows[at.row] as Omit<PendingRow, 'seq'>; // place() put it there
      return { kind: 'stored', row: { ...row, seq: seqs[at.row] as number } }; // one key per row
    });
    return { edits, leads: changed };
  });
}

function notCached(id: string): LeadboxError {
  return new LeadboxError('lead-not-cached', `Lead ${id} is not on this device. load() or refresh() it first.`);
}
