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
  /** Only edits before this seq may fold in; with a strict order, another lead's edit. */
  readonly before: number;
  /** Requests that may still arrive. */
  readonly fences: readonly Fence[];
  /** Whether the latest attempt of a batch is known to be over, so that it cannot arrive any more. */
  readonly isOver: (batch: FrozenBatch) => boolean;
  /** A new, unique batch id. */
  readonly newId: () => string;
}

/**
 * The next request of a lead: the frozen batch once more if there is one, byte for byte (R16, R17); otherwise as many
 * of its oldest edits as fold exactly (R13), none of them on a path that a late request may still write. If that holds
 * even the first, a number: the time, in milliseconds since 1970, before which nothing of the lead may be sent.
 */
export function nextBatch(record: LeadRecord, terms: BatchTerms): FrozenBatch | number {
  const { now, coalesce } = terms;
  const arrivesUntil = now + terms.timeout + travelTime;
  const frozen = record.batch;
  if (frozen) {
    const lateUntil = Math.max(frozen.lateUntil ?? 0, terms.isOver(frozen) ? 0 : frozen.arrivesUntil);
    return { ...frozen, arrivesUntil, lateUntil: Math.min(lateUntil, arrivesUntil) };
  }
  const fences = terms.fences.filter(({ leadId, until }) => leadId === record.id && now < until);
  const isFenced = ({ patch }: PendingRow) => fences.some(({ paths }) => pathsOverlap(paths, touchedPaths(patch)));
  const [first, ...rest] = record.rows as readonly [PendingRow, ...PendingRow[]]; // never empty in a record
  if (isFenced(first)) return Math.max(...fences.map(({ until }) => until));

  const seqs = [first.seq];
  let { patch } = first;
  const isAlone = !coalesce || first.seq <= (record.aloneThrough ?? 0);
  for (const row of isAlone ? [] : rest) {
    const folded = row.seq < terms.before && !isFenced(row) && foldPatches(patch, row.patch);
    if (!folded) break;
    patch = folded;
    seqs.push(row.seq);
  }
  return { id: terms.newId(), leadId: record.id, seqs, body: JSON.stringify(patch), arrivesUntil };
}
