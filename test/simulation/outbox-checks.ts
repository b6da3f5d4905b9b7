import { jsonEqual } from '../../src/model/json.ts';
import type { Lead } from '../../src/model/lead.ts';
import type { PendingRow } from '../../src/model/lead-record.ts';
import type { Ledger } from './ledger.ts';
import { referencePatch } from './reference-merge.ts';
import type { Server } from './server.ts';
import type { Stored } from './stored.ts';

/** Judges what a commit did to the outbox: no edit goes but by the server, by a record of its own or by request (1, 2, 8). */
export function createOutboxChecks(ledger: Ledger, server: Server): (before: Stored, stored: Stored) => void {
  /**
   * After a conflict: what the server has comes to the same with and without these edits (R37). Where the user asked for
   * one to go, it has to without later ones, of which the next may go, too.
   */
  const isThere = (seq: number, left: readonly number[], stored: Stored) => {
    const row = ledger.rows.get(seq);
    if (!row || !ledger.conflicted.has(row.leadId)) return false;
    const after = (rows: readonly PendingRow[], before: Lead) =>
      [...rows]
        .filter(({ leadId }) => leadId === row.leadId)
        .sort((a, b) => a.seq - b.seq)
        .reduce((lead, { patch }) => referencePatch(lead, patch), before);
    const gone = left.flatMap((other) => ledger.rows.get(other) ?? []);
    const others = ledger.askedFor.has(seq) ? stored.outbox.filter((other) => other.seq < seq) : stored.outbox;
    const isSame = (lead: Lead) => jsonEqual(after([...gone, ...others], lead), after(others, lead));
    // What it was compared with may not be the latest any more.
    const { leadId } = row;
    const compared = stored.bases.find(({ id }) => id === leadId)?.lead ?? stored.leads.find(({ id }) => id === leadId);
    return isSame(server.lead(leadId)) || (!!compared && isSame(compared));
  };

  return (before, stored) => {
    const { rows, parked, applied } = ledger;
    for (const row of stored.parked) {
      const isKnown = parked.has(row.seq);
      parked.add(row.seq);
      if (!isKnown && !rows.has(row.seq)) ledger.break(8, `parked ${row.seq} was never pending`);
    }
    const isParked = new Set(stored.parked.map(({ seq }) => seq));
    for (const seq of parked) {
      if (isParked.has(seq)) continue;
      if (ledger.askedFor.has(seq)) ledger.discarded.add(seq);
      else ledger.break(8, `the parked edit ${seq} is gone`);
    }
    const last = Math.max(0, ...rows.keys());
    const pending = new Set<number>();
    for (const row of stored.outbox) {
      pending.add(row.seq);
      if (isParked.has(row.seq)) ledger.break(8, `${row.seq} is parked and pending`);
      const known = rows.get(row.seq);
      if (!known && !row.isRepair && row.seq <= last) ledger.break(2, `${row.seq} was queued after ${last}`);
      if (known && !row.isRepair && !ledger.givesWay.has(row.leadId) && !jsonEqual(known.patch, row.patch))
        ledger.break(1, `the patch of ${row.seq} changed`);
      rows.set(row.seq, row);
      for (const [member, value] of Object.entries(row.patch))
        if (value === null) ledger.cleared.add(`${row.leadId} ${member}`);
    }
    const left = before.outbox
      .map(({ seq }) => seq)
      .filter((seq) => !pending.has(seq) && !isParked.has(seq) && !applied.has(seq));
    const covered = left.filter((seq) => isThere(seq, left, stored));
    for (const seq of left) {
      const row = rows.get(seq);
      if (covered.includes(seq)) applied.add(seq);
      else if (ledger.askedFor.has(seq)) ledger.discarded.add(seq);
      else if (row?.isRepair || (row && ledger.givesWay.has(row.leadId))) ledger.yielded.add(seq);
      else ledger.break(1, `edit ${seq} left the outbox, and the server never applied it`);
    }
  };
}
