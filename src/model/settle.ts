import { differentPaths } from './different-paths.ts';
import type { ParkReason } from './edit.ts';
import type { JsonObject } from './json.ts';
import { asJson, type Lead } from './lead.ts';
import { applyToLead, isOlder } from './lead-change.ts';
import type { Fence, FrozenBatch, LeadRecord, ParkedRow } from './lead-record.ts';
import { pathsOverlap, touchedPaths } from './merge-patch.ts';

/** A definite answer of the server to a batch. */
export type Answer =
  | { readonly kind: 'acknowledged'; readonly lead: Lead }
  | {
      readonly kind: 'refused';
      readonly reason: ParkReason;
      readonly status: number;
      readonly message?: string | undefined;
    };

/** A record after an answer, and what else the answer means. */
export interface Settled {
  readonly record: LeadRecord;
  readonly acknowledged: readonly number[];
  readonly parked: readonly ParkedRow[];
  /** Earlier attempts of the batch that may still arrive. */
  readonly fence?: Fence | undefined;
  /** Paths at which the server stored something else than was sent. */
  readonly differs: readonly (readonly string[])[];
  /** The answer was older than the base: the truth has to be asked for. */
  readonly outdated: boolean;
}

/**
 * Takes an answer in (R21–R23). The caller has checked that the record still carries this very batch; that alone makes
 * late and doubled answers harmless.
 */
export function settle(record: LeadRecord, batch: FrozenBatch, answer: Answer, now: number): Settled {
  const patch: JsonObject = JSON.parse(batch.body) as JsonObject; // written by nextBatch
  const { batch: _answered, ...rest } = record;
  const isOfBatch = (seq: number) => batch.seqs.includes(seq);
  const fence =
    batch.lateUntil === undefined
      ? undefined
      : { leadId: record.id, paths: touchedPaths(patch), until: batch.lateUntil };
  const nothing = { acknowledged: [], parked: [], differs: [], outdated: false, fence };

  if (answer.kind === 'refused' && answer.reason === 'rejected' && batch.seqs.length > 1) {
    return { ...nothing, record: { ...rest, aloneThrough: Math.max(...batch.seqs) } };
  }
  const rows = record.rows.filter((row) => !isOfBatch(row.seq));
  if (answer.kind === 'refused') {
    const parkedAt = new Date(now).toISOString();
    const { reason, status, message } = answer;
    const parked = record.rows
      .filter((row) => isOfBatch(row.seq))
      .map((row) => ({ ...row, reason, status, ...(message === undefined ? {} : { message }), parkedAt }));
    return { ...nothing, record: { ...rest, rows }, parked };
  }
  const outdated = isOlder(answer.lead, record.base);
  return {
    ...nothing,
    record: { ...rest, base: outdated ? record.base : answer.lead, rows },
    acknowledged: batch.seqs,
    differs: outdated ? [] : unlikeSent(applyToLead(record.base, patch), answer.lead, patch),
    outdated,
  };
}

/** Where the answer is not what was sent, among the paths that were sent. */
function unlikeSent(expected: Lead, answered: Lead, patch: JsonObject): readonly (readonly string[])[] {
  const sent = touchedPaths(patch);
  return differentPaths(asJson(expected), asJson(answered)).filter((path) => pathsOverlap([path], sent));
}
