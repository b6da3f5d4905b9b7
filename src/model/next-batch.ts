import type { JsonObject } from './json.ts';
import { type Fence, type FrozenBatch, type LeadRecord, latestArrival, type PendingRow } from './lead-record.ts';
import { foldPatches, pathsOverlap, touchedPaths } from './merge-patch.ts';
import { touchedSections, wholeSections } from './sections.ts';

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
  /** Whether sections go as wholes: the server puts what it gets in their place. */
  readonly isWhole: boolean;
  /** Whether that is not known, and the answer is to tell. */
  readonly isUnsure: boolean;
  /** A new, unique batch id. */
  readonly newId: () => string;
}

/** The oldest edits of a lead that may share a request, and what they fold into. */
export interface Foldable {
  readonly rows: readonly PendingRow[];
  readonly patch: JsonObject;
}

/**
 * As many of the lead's oldest edits as fold exactly (R13), none of them on a path that a late request may still write.
 * If that holds even the first, a number: the time, in milliseconds since 1970, before which nothing may be sent.
 */
export function foldable(record: LeadRecord, terms: BatchTerms): Foldable | number {
  const { now, coalesce, isWhole } = terms;
  const fences = terms.fences.filter(({ leadId, until }) => leadId === record.id && now < until);
  const isFenced = ({ patch, isRepair }: PendingRow) => {
    const paths = touchedPaths(patch);
    // Where there is something to repair, a late request may take away what it does not name.
    const byName = isWhole || isRepair;
    const written = (all: Fence['paths']) => (byName ? all.map((path) => path.slice(0, 1)) : all);
    return fences.some((fence) => pathsOverlap(written(fence.paths), written(paths)));
  };
  const [first, ...rest] = record.rows as readonly [PendingRow, ...PendingRow[]]; // never empty in a record
  if (isFenced(first)) return Math.max(...fences.map(({ until }) => until));

  const rows = [first];
  let { patch } = first;
  // A repair is nobody's wish, and what becomes of one that is must not become of it.
  const isAlone = !coalesce || first.isRepair || first.seq <= (record.aloneThrough ?? 0);
  for (const row of isAlone ? [] : rest) {
    const folded = row.seq < terms.before && !isFenced(row) && foldPatches(patch, row.patch);
    if (!folded) break;
    patch = folded;
    rows.push(row);
  }
  return { rows, patch };
}

/**
 * The next request of a lead: the frozen batch once more if there is one, byte for byte (R16, R17); otherwise what is
 * foldable, or the time before which nothing may be sent.
 */
export function nextBatch(record: LeadRecord, terms: BatchTerms): FrozenBatch | number {
  const arrivesUntil = latestArrival(terms);
  const frozen = record.batch;
  if (frozen) {
    const lateUntil = Math.max(frozen.lateUntil ?? 0, terms.isOver(frozen) ? 0 : frozen.arrivesUntil);
    return { ...frozen, arrivesUntil, lateUntil: Math.min(lateUntil, arrivesUntil), isRepeated: true };
  }
  const fold = foldable(record, terms);
  if (typeof fold === 'number') return fold;
  const { rows, patch } = fold;
  const { isWhole, isUnsure } = terms;
  return {
    id: terms.newId(),
    leadId: record.id,
    seqs: rows.map(({ seq }) => seq),
    body: JSON.stringify(isWhole ? wholeSections(record.base, patch, rows[0]?.isRepair) : patch),
    arrivesUntil,
    ...(isWhole ? { isWhole } : {}),
    ...(isUnsure ? { before: touchedSections(record.base, patch) } : {}),
  };
}
