import type { Clock } from '../environment.ts';
import type { Edit, ParkedEdit, PendingEdit } from '../model/edit.ts';
import type { JsonObject } from '../model/json.ts';
import type { LeadPatch, SectionSchemas } from '../model/lead.ts';
import { applyToLead } from '../model/lead-change.ts';
import type { Database } from '../storage/database.ts';
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
  readonly settlements: Settlements;
  /** Rows of these leads changed, and something may be to be sent. */
  readonly onStored: (leadIds: readonly string[]) => void;
}

/** What an app may look at and decide in the outbox. */
export interface OutboxActions {
  pending(leadId?: string): Promise<PendingEdit[]>;
  parked(leadId?: string): Promise<ParkedEdit[]>;
  retry(seq: number, amend?: (draft: LeadPatch) => void): Promise<Edit>;
  discard(seq: number): Promise<void>;
}

export function createOutbox({ database, clock, schemas, settlements, onStored }: OutboxHost): OutboxActions {
  return {
    pending: async (leadId) => (await readOutbox(database, leadId)).pending,
    parked: async (leadId) => (await readOutbox(database, leadId)).parked,
    async retry(seq, amend) {
      let patch: JsonObject | undefined;
      const madeAt = new Date(clock.now()).toISOString();
      const { leadId, row } = await requeue(database, seq, madeAt, (parked, view) => {
        patch ??= amended(parked, amend); // once, however often the transaction is repeated
        checkSections(schemas, applyToLead(view, patch), patch);
        return patch;
      });
      onStored([leadId]);
      if (!row) return unchanged(leadId);
      return { seq: row.seq, leadId, patch: row.patch, settled: settlements.of(leadId, row.seq) };
    },
    async discard(seq) {
      const leadId = await discard(database, seq, clock.now());
      onStored([leadId]);
      await settlements.recheck([leadId]);
    },
  };
}
