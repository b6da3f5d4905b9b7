import type { JsonObject } from '../model/json.ts';
import { asJson, type Lead } from '../model/lead.ts';
import { applyToLead } from '../model/lead-change.ts';
import type { PendingRow } from '../model/lead-record.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import { effective } from '../model/merge-patch.ts';
import { replacedBy } from '../model/replaced.ts';
import type { Database, Tables } from './database.ts';
import { isReadableLead } from './readable.ts';
import type { BaseRow } from './rows.ts';
import { needNotBeAwaited } from './table.ts';

/** An edit on its way into the outbox. */
export interface EditRequest {
  readonly leadId: string;
  readonly madeAt: string;
  readonly origin?: string;
  readonly madeAs?: number;
  /** The merge patch on the lead's stored view. Asked once per attempt of the transaction; throws to refuse the edit. */
  readonly patchOn: (view: Lead) => JsonObject;
}

/** So many are applied in a task of the page: a thousand edits at once must not freeze it. */
const portion = 64;

/** What an edit came to: its row, undefined where it changes nothing, or why it was refused. */
export type StoredEdit = PendingRow | undefined | { readonly error: unknown };

/**
 * Applies edits to the stored views and appends them to the outbox, all in one transaction (R1, R4). Resolves when it
 * is complete. An edit that is refused leaves nothing and the others alone. Gives what became of each, in order. `onWritten` as
 * for any transaction.
 */
export function storeEdits(
  database: Database,
  requests: readonly EditRequest[],
  etagOf: (lead: Lead) => string | undefined,
  onWritten: () => void,
): Promise<readonly StoredEdit[]> {
  return database.run('rw', (tables) => addEdits(tables, requests, etagOf), { onWritten });
}

/** The same inside a transaction; the rows have their seqs when it is complete. */
export async function addEdits(
  { leads, bases, outbox }: Tables,
  requests: readonly EditRequest[],
  etagOf: (lead: Lead) => string | undefined = () => undefined,
): Promise<readonly StoredEdit[]> {
  const views = new Map<string, Lead | undefined>();
  const baseRows = new Map<string, BaseRow | undefined>();
  const outcomes: StoredEdit[] = [];

  const portionAt = (start: number) => requests.slice(start, start + portion);
  const read = async (ids: readonly string[]) => {
    for (const id of ids) views.set(id, undefined); // asked for
    const [leadRows, rows] = await Promise.all([leads.bulkGet(ids), bases.bulkGet(ids)]);
    for (const [index, id] of ids.entries()) {
      views.set(id, leadRows[index]);
      baseRows.set(id, rows[index]);
    }
  };
  const readAt = (start: number) => {
    const ids = new Set(portionAt(start).map(({ leadId }) => leadId));
    return needNotBeAwaited(read([...ids].filter((id) => !views.has(id))));
  };

  let reading = readAt(0);
  for (let start = 0; start < requests.length; start += portion) {
    await reading;
    reading = readAt(start + portion); // goes on while these are applied
    const changed = new Map<string, Lead>();
    const firstEdits: BaseRow[] = [];
    const rows: PendingRow[] = [];

    const applied = portionAt(start).map(({ leadId, madeAt, patchOn, ...from }): StoredEdit => {
      const view = views.get(leadId);
      try {
        if (!isReadableLead(view)) {
          throw new LeadboxError(
            'lead-not-cached',
            `Lead ${leadId} is not on this device. load() or refresh() it first.`,
          );
        }
        const patch = effective(patchOn(view), asJson(view));
        const lead = applyToLead(view, patch);
        if (lead === view) return undefined;
        const base = baseRows.get(leadId);
        if (!isReadableLead(base?.lead)) {
          // What was its view so far is what the server last said.
          const first = { etag: etagOf(view), ...base, id: leadId, lead: view };
          baseRows.set(leadId, first);
          firstEdits.push(first);
        }
        views.set(leadId, lead);
        changed.set(leadId, lead);
        // Of an edit from another device nobody knows what was seen there.
        const replaced: PendingRow['replaced'] = from.origin === undefined ? replacedBy(view, patch) : undefined;
        const row = { leadId, patch, madeAt, replaced, ...from } as PendingRow; // the table gives it its seq
        rows.push(row);
        return row;
      } catch (error) {
        return { error };
      }
    });
    outcomes.push(...applied);

    // Not awaited, so that the transaction can commit at once; it is complete only when these are.
    leads.bulkPut([...changed.values()]);
    bases.bulkPut(firstEdits);
    const added = outbox.bulkAdd(rows).then((seqs) => {
      for (const [index, row] of rows.entries()) Object.assign(row, { seq: seqs[index] });
    });
    void needNotBeAwaited(added);
  }
  return outcomes;
}
