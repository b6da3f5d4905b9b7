import type { JsonObject } from '../model/json.ts';
import type { Lead } from '../model/lead.ts';
import { applyToLead } from '../model/lead-change.ts';
import type { PendingRow } from '../model/lead-record.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import type { Database } from './database.ts';
import type { StoredChange } from './read-leads.ts';

/** An edit on its way into the outbox. */
export interface EditRequest {
  readonly leadId: string;
  readonly madeAt: string;
  /** The merge patch on the lead's stored view. Asked once per attempt of the transaction; throws to refuse the edit. */
  readonly patchOn: (view: Lead) => JsonObject;
}

/** What a group of edits came to. */
export interface StoredEdits {
  /** In the order of the requests: the row, undefined where nothing changed, or why the edit was refused. */
  readonly outcomes: readonly (PendingRow | undefined | { readonly error: unknown })[];
  readonly changes: readonly StoredChange[];
}

/**
 * Applies edits to the stored views and appends them to the outbox, all in one transaction (R1, R4). Resolves when it
 * is complete. An edit that is refused leaves nothing and the others alone.
 */
export function storeEdits(database: Database, requests: readonly EditRequest[]): Promise<StoredEdits> {
  const ids = [...new Set(requests.map(({ leadId }) => leadId))];
  return database.run('rw', async ({ leads, bases, outbox }) => {
    const [views, baseRows] = await Promise.all([leads.bulkGet(ids), bases.bulkGet(ids)]);
    const stored = new Map(ids.map((id, index) => [id, { view: views[index], base: baseRows[index]?.lead }]));
    const changes = new Map<string, Required<Pick<StoredChange, 'lead' | 'base' | 'more'>>>();
    const rows: PendingRow[] = [];

    const outcomes = requests.map(({ leadId, madeAt, patchOn }) => {
      const before = changes.get(leadId);
      const view = before?.lead ?? stored.get(leadId)?.view;
      try {
        if (!view) {
          throw new LeadboxError(
            'lead-not-cached',
            `Lead ${leadId} is not on this device. load() or refresh() it first.`,
          );
        }
        const patch = patchOn(view);
        const lead = applyToLead(view, patch);
        if (lead === view) return undefined;
        const base = before?.base ?? stored.get(leadId)?.base ?? view;
        changes.set(leadId, { lead, base, more: (before?.more ?? 0) + 1 });
        const row = { leadId, patch, madeAt } as PendingRow; // the table gives it its seq
        rows.push(row);
        return row;
      } catch (error) {
        return { error };
      }
    });

    const changed = [...changes.values()];
    const firstEdits = changed.filter(({ lead }) => !stored.get(lead.id)?.base);
    const [seqs] = await Promise.all([
      outbox.bulkAdd(rows, { allKeys: true }),
      leads.bulkPut(changed.map(({ lead }) => lead)),
      bases.bulkAdd(firstEdits.map(({ base }) => ({ id: base.id, lead: base }))),
    ]);
    for (const [index, row] of rows.entries()) Object.assign(row, { seq: seqs[index] });
    return { outcomes, changes: changed };
  });
}
