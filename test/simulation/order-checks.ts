import type { JsonObject, LeadboxOptions } from '../../src/index.ts';
import { pathsOverlap, touchedPaths } from '../../src/model/merge-patch.ts';
import type { KnownBatch, Ledger } from './ledger.ts';

/** Judges what the server makes of a batch: each takes effect once, in the order of the edits (2). */
export function createOrderChecks(ledger: Ledger, options: LeadboxOptions): (batch: KnownBatch) => void {
  const paths = ({ body }: KnownBatch) => touchedPaths(JSON.parse(body) as JsonObject); // a body is a patch

  const overlap = (one: KnownBatch, other: KnownBatch) => pathsOverlap(paths(one), paths(other));

  return (batch) => {
    const { leadId, seqs } = batch;
    if (batch.isApplied) {
      const later = ledger.appliedBatches.slice(ledger.appliedBatches.indexOf(batch) + 1);
      const hit = later.find((other) => other.leadId === leadId && overlap(other, batch));
      if (hit) ledger.break(2, `${batch.body} was applied again after ${hit.body}`);
      return;
    }
    batch.isApplied = true;
    const order = [...ledger.batches.values()];
    const overtaken = ledger.appliedBatches.find(
      (other) => other.leadId === leadId && order.indexOf(other) > order.indexOf(batch) && overlap(other, batch),
    );
    if (overtaken) ledger.break(2, `${batch.body} was applied after ${overtaken.body}`);
    ledger.appliedBatches.push(batch);
    const isStrict = options.ordering === 'strict';
    const first = Math.min(...seqs);
    for (const row of ledger.rows.values()) {
      if (row.seq >= first || !(isStrict || row.leadId === leadId)) continue;
      if ([ledger.applied, ledger.parked, ledger.discarded, ledger.yielded].some((gone) => gone.has(row.seq))) continue;
      ledger.break(2, `edits ${seqs} were applied before ${row.seq}`);
    }
    for (const seq of seqs) ledger.applied.add(seq);
  };
}
