import type { ParkedEdit, Settlement } from '../model/edit.ts';
import type { Lead } from '../model/lead.ts';
import type { ParkedRow } from '../model/lead-record.ts';
import type { Database } from '../storage/database.ts';
import { readFates, readLead } from '../storage/read-leads.ts';

/** The promises of this tab's edits: how each ended, whoever sent it (R40). */
export interface Settlements {
  /** The promise of an edit that is durable now. */
  of(leadId: string, seq: number): Promise<Settlement>;
  /** The server has these edits; `lead` is this tab's view. */
  synced(leadId: string, seqs: readonly number[], lead: Lead): void;
  parked(row: ParkedRow): void;
  /** Somebody else may have settled edits of these leads; undefined: of any. */
  recheck(leadIds: readonly string[] | undefined): Promise<void>;
}

export function createSettlements(database: Database): Settlements {
  const waiting = new Map<string, Map<number, (settlement: Settlement) => void>>();

  const settle = (leadId: string, seq: number, settlement: Settlement) => {
    const ofLead = waiting.get(leadId);
    ofLead?.get(seq)?.(settlement);
    ofLead?.delete(seq);
    if (ofLead?.size === 0) waiting.delete(leadId);
  };

  const parked = (row: ParkedRow) => settle(row.leadId, row.seq, { outcome: 'parked', edit: parkedEdit(row) });

  return {
    of: (leadId, seq) =>
      new Promise((resolve) => {
        const ofLead = waiting.get(leadId) ?? new Map<number, (settlement: Settlement) => void>();
        waiting.set(leadId, ofLead.set(seq, resolve));
      }),
    synced(leadId, seqs, lead) {
      for (const seq of seqs) settle(leadId, seq, { outcome: 'synced', lead });
    },
    parked,
    async recheck(leadIds = [...waiting.keys()]) {
      for (const leadId of leadIds) {
        const seqs = [...(waiting.get(leadId)?.keys() ?? [])];
        if (seqs.length === 0) continue;
        const fates = await readFates(database, seqs);
        const lead = (await readLead(database, leadId))?.lead;
        for (const [seq, fate] of fates) {
          if (typeof fate === 'object') parked(fate);
          else if (fate === 'gone' && lead) settle(leadId, seq, { outcome: 'synced', lead });
        }
      }
    },
  };
}

/** A parked row as apps see it. */
export function parkedEdit(row: ParkedRow): ParkedEdit {
  return { ...row, sent: false };
}
