import type { JsonObject } from './json.ts';
import { type Fence, type FrozenBatch, type LeadRecord, type PendingRow, travelTime } from './lead-record.ts';
import { foldPatches, pathsOverlap, touchedPaths } from './merge-patch.ts';

/** What the choice of a batch depends on besides the lead. */
export interface BatchTerms {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Milliseconds one request may take. */
  readonly timeout: number;
  /** Whether waiting edits may share a request. */
  readonly coalesce: boolean;
  /** The last seq that may be part of it; with a strict order, the last one before another lead's edit. */
  readonly through: number;
  /** Requests that may still arrive; none count where an idempotency header makes late ones harmless. */
  readonly fences: readonly Fence[];
  /** Whether the latest attempt of a batch is known to be over, so that it cannot arrive any more. */
  readonly isOver: (batchId: string) => boolean;
  /** A new, unique batch id. */
  readonly newId: () => string;
}

/** A frozen batch in its record, or the moment before which nothing of the lead may be sent. */
export type NextBatch = { readonly record: LeadRecord; readonly batch: FrozenBatch } | { readonly waitUntil: number };

/**
 * The next request of a lead: the frozen batch once more if there is one, byte for byte (R16, R17); otherwise as many
 * of its oldest edits as fold exactly (R13), none of them on a path that a late request may still write.
 */
export function nextBatch(record: LeadRecord, terms: BatchTerms): NextBatch {
  const arrivesUntil = terms.now + terms.timeout + travelTime;
  const frozen = record.batch;
  if (frozen) {
    const lateUntil = terms.isOver(frozen.id) ? frozen.lateUntil : Math.max(frozen.lateUntil ?? 0, frozen.arrivesUntil);
    const batch = { ...frozen, arrivesUntil, ...(lateUntil === undefined ? {} : { lateUntil }) };
    return { record: { ...record, batch }, batch };
  }
  const fences = terms.fences.filter((fence) => fence.leadId === record.id && terms.now < fence.until);
  const chosen = foldable(record, terms, fences);
  if (!chosen) {
    // A clock that was set back must not prolong a fence beyond what a request can take.
    return { waitUntil: Math.min(arrivesUntil, Math.max(...fences.map((fence) => fence.until))) };
  }
  const batch: FrozenBatch = {
    id: terms.newId(),
    leadId: record.id,
    seqs: chosen.seqs,
    body: JSON.stringify(chosen.patch),
    arrivesUntil,
  };
  return { record: { ...record, batch }, batch };
}

/** The oldest edits as one patch, or undefined if a fence holds the very first. */
function foldable(
  record: LeadRecord,
  terms: BatchTerms,
  fences: readonly Fence[],
): { readonly seqs: readonly number[]; readonly patch: JsonObject } | undefined {
  const isFenced = (row: PendingRow) => fences.some((fence) => pathsOverlap(fence.paths, touchedPaths(row.patch)));
  const [first, ...rest] = record.rows;
  if (!first || isFenced(first)) return undefined;
  const seqs = [first.seq];
  let patch = first.patch;
  if (!terms.coalesce || first.seq <= (record.aloneThrough ?? 0)) return { seqs, patch };
  for (const row of rest) {
    if (row.seq > terms.through || isFenced(row)) break;
    const folded = foldPatches(patch, row.patch);
    if (!folded) break;
    patch = folded;
    seqs.push(row.seq);
  }
  return { seqs, patch };
}
