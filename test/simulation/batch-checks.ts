import type { JsonObject, Lead, LeadboxOptions } from '../../src/index.ts';
import { jsonEqual, valueAt } from '../../src/model/json.ts';
import { asJson } from '../../src/model/lead.ts';
import type { PendingRow } from '../../src/model/lead-record.ts';
import type { BaseRow } from '../../src/storage/rows.ts';
import { createFoldingChecks } from './folding-checks.ts';
import type { Ledger } from './ledger.ts';
import { referencePatch, referenceReplace } from './reference-merge.ts';
import type { Stored } from './stored.ts';

/** Judges the batch of a lead: it is what its edits are, the oldest of the lead's, and stays as it was frozen (2, 9, 14). */
export function createBatchChecks(ledger: Ledger, options: LeadboxOptions) {
  const checkFolding = createFoldingChecks(ledger, options);

  const checkUnchanged = (batch: BaseRow['batch']) => {
    const known = batch && ledger.batches.get(batch.id);
    if (known && (known.body !== batch.body || !jsonEqual(known.seqs, batch.seqs)))
      ledger.break(9, `batch ${batch.id} changed`);
  };

  return (row: BaseRow, rows: readonly PendingRow[], before: Stored, stored: Stored) => {
    const { id: leadId, batch, lead: base } = row;
    if (!batch || ledger.batches.has(batch.id)) return checkUnchanged(batch);
    checkFolding(row, rows, before, stored);
    const { id, seqs, body } = batch;
    const patches = rows.slice(0, seqs.length);
    if (
      !jsonEqual(
        patches.map(({ seq }) => seq),
        seqs,
      )
    ) {
      return ledger.break(2, `batch ${id} takes ${seqs} of ${rows.map(({ seq }) => seq)}`);
    }
    ledger.batches.set(id, {
      id,
      leadId,
      seqs,
      body,
      isWhole: !!batch.isWhole,
      isSent: false,
      isAnswered: false,
      isApplied: false,
    });
    const whole = JSON.parse(body) as JsonObject; // a body is a patch
    for (const { leadId: of, path, mine } of ledger.givenUp.values())
      if (of === leadId && jsonEqual(valueAt(whole, path) ?? null, mine ?? null))
        ledger.break(15, `${body} sends what a decision gave up at ${path}`);
    // Whole sections are made for the lead as it was looked at.
    for (const document of batch.isWhole ? [base] : documents) {
      const [one, each] = [
        (batch.isWhole ? referenceReplace : referencePatch)(document, whole),
        patches.reduce((doc, { patch }) => referencePatch(doc, patch), document),
      ];
      if (!jsonEqual(asJson(one), asJson(each))) ledger.break(14, `${body} is not what its ${seqs.length} edits are`);
    }
  };
}

/** What a patch may meet: folding must be right on all of them (R13). */
const documents: readonly Lead[] = [
  { a: 1, b: [1], c: { x: 1 } },
  { a: { x: 1, y: { z: 1 } }, b: { x: 1 }, c: null },
  {},
].map((properties) => ({ properties, location: properties }) as unknown as Lead); // only the sections matter here
