import type { LeadRecord, PendingRow } from './lead-record.ts';

/**
 * The edits of a lead that are too old to be sent unasked: older than `maxAge` milliseconds at `now`. Never one that was
 * sent before, alone or with others: it may have arrived (R70). Nor a repair.
 */
export function staleRows(record: LeadRecord, now: number, maxAge: number): PendingRow[] {
  const { rows, batch, earlier, aloneThrough = 0, doubtedThrough = 0 } = record;
  const sentThrough = Math.max(aloneThrough, doubtedThrough, earlier?.seqs.at(-1) ?? 0);
  const isStale = ({ seq, madeAt, isRepair }: PendingRow) =>
    !isRepair && seq > sentThrough && Date.parse(madeAt) < now - maxAge;
  return batch ? [] : rows.filter(isStale);
}
