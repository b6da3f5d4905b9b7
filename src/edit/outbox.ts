import type { Clock } from '../environment.ts';
import type { Edit, ParkedEdit, PendingEdit } from '../model/edit.ts';
import type { JsonObject } from '../model/json.ts';
import type { LeadPatch, SectionSchemas } from '../model/lead.ts';
import type { PendingRow } from '../model/lead-record.ts';
import type { Database } from '../storage/database.ts';
import { checkedExport, exportOutbox, importOutbox, type OutboxExport } from '../storage/outbox-transfer.ts';
import { discard, requeue } from '../storage/parked-edits.ts';
import { readOutbox } from '../storage/read-leads.ts';
import { amended } from './change.ts';
import { unchanged } from './editor.ts';
import { checkSections } from './section-schemas.ts';
import type { Settlements } from './settlements.ts';

export interface OutboxHost {
  readonly database: Database;
  readonly clock: Clock;
  readonly schemas: SectionSchemas;
  /** A name that no other device has. */
  readonly newName: () => string;
  readonly settlements: Settlements;
  /** The edit of a row that is durable now. */
  readonly editOf: (row: PendingRow) => Edit;
  /** Rows of these leads changed, and something may be to be sent. */
  readonly onStored: (leadIds: readonly string[]) => void;
}

/** What an app may look at and decide in the outbox. */
export interface OutboxActions {
  pending(leadId?: string): Promise<PendingEdit[]>;
  parked(leadId?: string): Promise<ParkedEdit[]>;
  retry(seq: number, amend?: (draft: LeadPatch) => void): Promise<Edit>;
  discard(seq: number): Promise<void>;
  export(): Promise<OutboxExport>;
  import(data: unknown): Promise<{ imported: number; skipped: number }>;
}

export function createOutbox({
  database,
  clock,
  schemas,
  settlements,
  newName,
  editOf,
  onStored,
}: OutboxHost): OutboxActions {
  return {
    pending: async (leadId) => (await readOutbox(database, leadId)).pending,
    parked: async (leadId) => (await readOutbox(database, leadId)).parked,
    async retry(seq, amend) {
      let patch: JsonObject | undefined;
      const madeAt = new Date(clock.now()).toISOString();
      const asked = { seq, madeAt, isAmended: amend !== undefined };
      const { leadId, row } = await requeue(database, asked, (parked, view) => {
        // A recipe runs once, however often the transaction is repeated.
        if (!patch || !amend) patch = amended(parked, amend);
        checkSections(schemas, view, patch);
        return patch;
      });
      onStored([leadId]);
      if (!row) return unchanged(leadId);
      return editOf(row);
    },
    async discard(seq) {
      const leadId = await discard(database, seq, clock.now());
      onStored([leadId]);
      await settlements.recheck([leadId]).catch(() => {}); // it is gone; who waits for that learns it at the next notice
    },
    export: () => exportOutbox(database, new Date(clock.now()).toISOString(), newName),
    async import(data) {
      const { leadIds, ...counts } = await importOutbox(database, checkedExport(data), newName);
      onStored(leadIds);
      return counts;
    },
  };
}
