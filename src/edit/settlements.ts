import type { Settlement } from '../model/edit.ts';
import { jsonEqual, valueAt } from '../model/json.ts';
import type { Lead } from '../model/lead.ts';
import type { ParkedRow, PendingRow, Replaced } from '../model/lead-record.ts';
import { valueBefore, withoutEarlier } from '../model/replaced.ts';
import type { Settled } from '../model/settle.ts';
import type { Database } from '../storage/database.ts';
import { parkedEdit, readFates, readLead } from '../storage/read-leads.ts';
import { storedInstead } from './undo.ts';

/** The promises of this tab's edits: how each ended, whoever sent it (R40). */
export interface Settlements {
  /** The promise of an edit that is durable now. */
  of(row: PendingRow): Promise<Settlement>;
  /**
   * The server has these edits, by an answer that came to `settled`; `lead` is this tab's view. What they set and replaced in
   * the end, and what the server made of it, is noted in their rows.
   */
  synced(rows: readonly PendingRow[], lead: Lead, settled: Pick<Settled, 'record' | 'made'>): void;
  parked(row: ParkedRow): void;
  /** The leads with edits whose end is not known here yet. */
  leadIds(): readonly string[];
  /** Somebody else may have settled edits of these leads; undefined: of any. */
  recheck(leadIds: readonly string[] | undefined): Promise<void>;
}

export function createSettlements(database: Database): Settlements {
  const waiting = new Map<number, { readonly row: PendingRow; readonly end: (settlement: Settlement) => void }>();

  const end = (seq: number, settlement: Settlement) => {
    waiting.get(seq)?.end(settlement);
    waiting.delete(seq);
  };
  const parked = (row: ParkedRow) => end(row.seq, { outcome: 'parked', edit: parkedEdit(row) });

  /** Later edits of this tab that replaced what one had set which was refused since replaced what that one did. */
  const refusedUnder = (gone: ParkedRow) => {
    if (gone.reason === 'unreadable') return;
    for (const { row } of waiting.values()) {
      if (row.leadId !== gone.leadId || row.seq <= gone.seq || row.madeAt > gone.parkedAt) continue;
      const isOnTop = ({ path }: Replaced) =>
        jsonEqual(valueBefore([row], path) ?? null, valueAt(gone.patch, path) ?? null);
      Object.assign(row, withoutEarlier([row], { ...gone, replaced: gone.replaced?.filter(isOnTop) })[0]);
    }
  };

  return {
    of: (row) => new Promise((resolve) => waiting.set(row.seq, { row, end: resolve })),
    synced(rows, lead, settled) {
      for (const { seq, patch, replaced } of rows) {
        const own = waiting.get(seq)?.row;
        if (own) Object.assign(own, { patch, replaced, stored: storedInstead(seq, rows, settled) });
        end(seq, { outcome: 'synced', lead });
      }
    },
    parked,
    leadIds: () => [...waiting.values()].map(({ row }) => row.leadId),
    async recheck(leadIds) {
      const asked = [...waiting].filter(([, { row }]) => !leadIds || leadIds.includes(row.leadId));
      if (!asked.length) return;
      const { pending, refused, ofLeads, discarded } = await readFates(
        database,
        asked.map(([, { row }]) => row),
      );
      // Other tabs' too: what stands on them may be of this one.
      ofLeads.forEach(refusedUnder);
      for (const [index, [seq, { row }]] of asked.entries()) {
        const [left, refusal] = [pending[index], refused[index]];
        if (refusal) parked(refusal);
        else if (discarded.includes(seq)) end(seq, { outcome: 'discarded' });
        // Another edit may have gone, and left to this one what it replaced; or others' values were given way to.
        else if (left) Object.assign(row, { patch: left.patch, replaced: left.replaced });
        else {
          const lead = (await readLead(database, row.leadId))?.lead;
          if (lead) end(seq, { outcome: 'synced', lead });
        }
      }
    },
  };
}
