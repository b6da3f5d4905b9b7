import type { JsonObject, LeadboxOptions } from '../../src/index.ts';
import type { PendingRow } from '../../src/model/lead-record.ts';
import type { BaseRow } from '../../src/storage/rows.ts';
import type { Ledger } from './ledger.ts';
import { referenceFolds } from './reference-merge.ts';
import type { Stored } from './stored.ts';

/** Judges a batch that was just chosen: what could have gone along does, fewer requests do not do (10). */
export function createFoldingChecks(ledger: Ledger, options: LeadboxOptions) {
  return ({ id, batch, aloneThrough = 0, rounds }: BaseRow, rows: readonly PendingRow[], stored: Stored) => {
    // One by one after a refusal, at a fence, and what was compared before goes alone; so does a repair.
    const isLimited =
      !batch ||
      batch.isWhole ||
      rounds ||
      ledger.conflicted.has(id) ||
      rows[0]?.isRepair ||
      stored.fences.some(({ leadId }) => leadId === id);
    if (isLimited || options.coalesce === false || options.ordering === 'strict' || options.checkBeforeSend) return;
    const next = rows[batch.seqs.length];
    if (!next || (batch.seqs[0] ?? 0) <= aloneThrough) return;
    const body = JSON.parse(batch.body) as JsonObject; // a body is a patch
    if (referenceFolds(body, next.patch)) ledger.break(10, `${batch.body} leaves out ${JSON.stringify(next.patch)}`);
  };
}
