import type { ParkReason } from './edit.ts';
import { type JsonObject, jsonEqual, valueAt } from './json.ts';
import { asJson, type Lead } from './lead.ts';
import { applyToLead, isOlder } from './lead-change.ts';
import type { Fence, FrozenBatch, LeadRecord, ParkedRow, PendingRow } from './lead-record.ts';
import { touchedPaths } from './merge-patch.ts';

/** A definite answer of the server to a batch. */
export type Answer =
  | { readonly kind: 'acknowledged'; readonly lead: Lead }
  | {
      readonly kind: 'refused';
      readonly reason: ParkReason;
      readonly status: number;
      readonly message: string | undefined;
    };

/** A record after an answer, and what else the answer means. */
export interface Settled {
  readonly record: LeadRecord;
  readonly acknowledged: readonly PendingRow[];
  readonly parked: readonly ParkedRow[];
  /** Earlier attempts of the batch that may still arrive. */
  readonly fence: Fence | undefined;
  /** Paths at which the server stored something else than was sent. */
  readonly differs: readonly (readonly string[])[];
  /** The answer was older than the base: the truth has to be asked for. */
  readonly isOutdated: boolean;
}

/**
 * Takes an answer in (R21–R23). The caller has checked that the record still carries this very batch; that alone makes
 * late and doubled answers harmless.
 */
export function settle(record: LeadRecord, batch: FrozenBatch, answer: Answer, now: number): Settled {
  const { base } = record;
  const patch = JSON.parse(batch.body) as JsonObject; // written by nextBatch
  const sent = touchedPaths(patch);
  const isOfBatch = new Set(batch.seqs);
  const rest = record.rows.filter(({ seq }) => !isOfBatch.has(seq));
  const settled = {
    record: { ...record, rows: rest, batch: undefined },
    acknowledged: [],
    parked: [],
    fence: batch.lateUntil ? { leadId: record.id, paths: sent, until: batch.lateUntil } : undefined,
    differs: [],
    isOutdated: false,
  };
  if (answer.kind === 'refused') {
    const { reason, status, message } = answer;
    if (reason === 'rejected' && batch.seqs.length > 1) {
      const { rows } = record;
      return { ...settled, record: { ...settled.record, rows, aloneThrough: Math.max(...batch.seqs) } };
    }
    const parkedAt = new Date(now).toISOString();
    const refused = record.rows.filter(({ seq }) => isOfBatch.has(seq));
    return { ...settled, parked: refused.map((row) => ({ ...row, reason, status, message, parkedAt })) };
  }
  const { lead } = answer;
  const isOutdated = isOlder(lead, base);
  // Null and missing are the same (R11).
  const [expected, stored] = [applyToLead(base, patch), lead].map(asJson);
  const isUnlike = (path: readonly string[]) =>
    !jsonEqual(valueAt(expected, path) ?? null, valueAt(stored, path) ?? null);
  return {
    ...settled,
    record: { ...settled.record, base: isOutdated ? base : lead },
    acknowledged: record.rows.filter(({ seq }) => isOfBatch.has(seq)),
    differs: isOutdated ? [] : sent.filter(isUnlike),
    isOutdated,
  };
}
