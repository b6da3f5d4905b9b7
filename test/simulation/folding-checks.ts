import type { LeadboxOptions } from '../../src/index.ts';
import type { PendingRow } from '../../src/model/lead-record.ts';
import { pathsOverlap, touchedPaths } from '../../src/model/merge-patch.ts';
import type { BaseRow } from '../../src/storage/rows.ts';
import type { Ledger } from './ledger.ts';
import { referenceFolds } from './reference-merge.ts';
import type { Stored } from './stored.ts';

/** Judges a batch that was just chosen: what could have gone along does, fewer requests do not do; no more does (10). */
export function createFoldingChecks(ledger: Ledger, options: LeadboxOptions) {
  return (row: BaseRow, rows: readonly PendingRow[], before: Stored, stored: Stored) => {
    const { id, batch, aloneThrough = 0 } = row;
    if (!batch) return;
    const [first] = rows;
    // One by one after a refusal; and what becomes of a repair must not become of anything else.
    const isAlone = options.coalesce === false || first?.isRepair || (first?.seq ?? 0) <= aloneThrough;
    if (isAlone) {
      if (batch.seqs.length > 1) ledger.break(10, `${batch.body} is of ${batch.seqs}, which go alone`);
      return;
    }
    const taken = rows.slice(0, batch.seqs.length);
    const next = rows[taken.length];
    if (!next || !folds(taken, next) || isFenced(stored, row, next)) return;
    // Only neighbours in the one global order (R15).
    const isBehind = stored.outbox.some(({ leadId, seq }) => leadId !== id && seq < next.seq);
    if (options.ordering === 'strict' && isBehind) return;
    const earlier = before.bases.find((base) => base.id === id);
    const isCompared = options.checkBeforeSend || batch.isWhole || earlier?.rounds;
    if (isCompared && !wasCompared(before, id, next)) return;
    ledger.break(10, `${batch.body} leaves out ${JSON.stringify(next.patch)}`);
  };
}

/** Whether one more edit folds with all of these (R13). */
function folds(rows: readonly PendingRow[], next: PendingRow): boolean {
  return rows.every(({ patch }) => referenceFolds(patch, next.patch));
}

/** Whether a request that may still arrive writes where this edit does (R17, R30). */
function isFenced({ fences }: Stored, { id, batch }: BaseRow, { patch, isRepair }: PendingRow): boolean {
  const isByName = batch?.isWhole || isRepair;
  const paths = (all: readonly (readonly string[])[]) => (isByName ? all.map((path) => path.slice(0, 1)) : all);
  return fences.some(
    ({ leadId, ...fence }) => leadId === id && pathsOverlap(paths(fence.paths), paths(touchedPaths(patch))),
  );
}

/** Where decisions changed what was compared, the rest waits for the next look: it folds only if it was part of it. */
function wasCompared(before: Stored, id: string, next: PendingRow): boolean {
  const rows = before.outbox.filter(({ leadId }) => leadId === id).sort((a, b) => a.seq - b.seq);
  const place = rows.findIndex(({ seq }) => seq === next.seq);
  return rows.slice(0, place + 1).every((row, index) => folds(rows.slice(0, index), row));
}
