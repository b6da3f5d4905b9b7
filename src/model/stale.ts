import type { LeadRecord, PendingRow } from './lead-record.ts';

/**
 * The edits of a lead that are too old to be sent unasked: older than `maxAge` milliseconds at `now`. Never one that was
 * sent before, alone or with others: it may have arrived (R70).
 */
export function staleRows({ rows, batch, aloneThrough = 0 }: LeadRecord, now: number, maxAge: number): PendingRow[] {
  return batch ? [] : rows.filter(({ seq, madeAt }) => seq > aloneThrough && Date.parse(madeAt) < now - maxAge);
}
