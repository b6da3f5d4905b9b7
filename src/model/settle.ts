import type { ParkReason } from './edit.ts';
import { equalAt, hasValueAt, type JsonObject, valueAt } from './json.ts';
import { asJson, type Lead } from './lead.ts';
import { applyToLead, isOlder } from './lead-change.ts';
import type { Fence, FrozenBatch, LeadRecord, ParkedRow, PendingRow } from './lead-record.ts';
import { touchedPaths } from './merge-patch.ts';
import { isMadeBy, standingOn, withoutEarlier } from './replaced.ts';
import { judged, reach, untouchedMembers } from './sections.ts';

/** A definite answer of the server to a batch. */
export type Answer =
  | { readonly kind: 'acknowledged'; readonly lead: Lead; readonly etag?: string | undefined }
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
  /** Of these where it is what the server made of it: of what was sent twice, somebody may have written it in between. */
  readonly made: readonly (readonly string[])[];
  /** Members that the server removed because it replaces sections, as they were (R31). */
  readonly lost: JsonObject;
  /** Members that whole sections left out to delete them, and that are still there: it may be that the server merges. */
  readonly kept: readonly (readonly string[])[];
  /** It does: what was left out stayed, and what was sent as null is gone (R31). */
  readonly merges: boolean;
  /** So it did this time: members that were not named are still there. */
  readonly isMerged: boolean;
  /** The answer was older than the base: the truth has to be asked for. */
  readonly isOutdated: boolean;
}

/** What an answer means besides its record if it means nothing else. */
export const nothingElse: Omit<Settled, 'record'> = {
  ...{
    acknowledged: [],
    parked: [],
    fence: undefined,
    differs: [],
    made: [],
    lost: {},
    kept: [],
    merges: false,
    isMerged: false,
    isOutdated: false,
  },
};

/** A lead whose edits the server refuses again and again because of a conflict is compared this often (R37). */
export const mostRounds = 3;

/**
 * Takes an answer in (R21–R23). The caller has checked that the record still carries this very batch; that alone makes
 * late and doubled answers harmless.
 */
export function settle(record: LeadRecord, batch: FrozenBatch, answer: Answer, now: number): Settled {
  const { base } = record;
  const patch = JSON.parse(batch.body) as JsonObject; // written by nextBatch
  const sent = touchedPaths(patch);
  const isOfBatch = new Set(batch.seqs);
  const own = record.rows.filter(({ seq }) => isOfBatch.has(seq));
  const rest = record.rows.filter(({ seq }) => !isOfBatch.has(seq));
  const paths = reach(batch, answer.kind === 'acknowledged' ? answer.lead : undefined);
  const settled = {
    ...nothingElse,
    record: { ...record, rows: rest, batch: undefined },
    fence: batch.lateUntil ? { leadId: record.id, paths, until: batch.lateUntil } : undefined,
  };
  if (answer.kind === 'refused') {
    const { reason, status, message } = answer;
    const { rounds = 0, earlier } = record;
    // An earlier attempt may have arrived, and have removed what only a look at the lead tells (R33).
    const isDoubtful = batch.isRepeated && Object.keys(batch.before ?? {}).length > 0 && rounds < mostRounds;
    const mustLook = reason === 'conflict' || isDoubtful;
    const mustPart = reason === 'rejected' && own.length > 1;
    // Both leave the edits where they are: to be compared with the lead first, to go one by one.
    if (mustLook || mustPart) {
      // What is known of edits that were not part of this batch stays.
      const isOfOthers = earlier && !earlier.seqs.some((seq) => isOfBatch.has(seq));
      const round = { rounds: rounds + 1, refusal: { status, message } };
      const looked = mustLook && { ...round, ...doubt(record, batch), ...(isOfOthers && { earlier }) };
      const parted = mustPart && {
        ...(batch.isRepeated && doubted(record, batch)),
        aloneThrough: batch.seqs.at(-1),
      };
      return { ...settled, record: { ...settled.record, rows: record.rows, ...looked, ...parted } };
    }
    return { ...settled, ...parkRows({ ...settled.record, rows: record.rows }, own, { ...answer, now }) };
  }
  const { lead, etag } = answer;
  const isOutdated = isOlder(lead, base);
  const [expected, stored] = [applyToLead(base, patch), lead].map(asJson);
  // Null and missing are the same (R11), but for a null that was sent to delete.
  const isUnlike = (path: readonly string[]) => {
    const isNull = valueAt(stored, path) === null && valueAt(expected, path) === undefined;
    return !equalAt(path, expected, stored) || (isNull && path.length > 1);
  };
  const unlike = isOutdated ? [] : sent.filter(isUnlike);
  const set = own.flatMap((row) => touchedPaths(row.patch));
  // In whole sections a member is deleted by being left out, which a merging server takes for nothing.
  const isKept = (path: readonly string[]) => valueAt(patch, path) === undefined && hasValueAt(stored, path);
  const kept = batch.isWhole ? set.filter(isKept) : [];
  // A repair asks once more, with nulls.
  const nulls = sent.filter((path) => own.some((row) => row.isRepair && valueAt(row.patch, path) === null));
  const { lost, missing, isMerged } = untouchedMembers(batch.before ?? {}, patch, lead);
  return {
    ...settled,
    record: {
      ...settled.record,
      ...(isOutdated
        ? { base }
        : { base: lead, etag, rows: standingOn(rest, base, set, lead, doubtedRows(settled.record)) }),
      earlier: record.earlier && judged(record.earlier),
    },
    acknowledged: own,
    differs: isOutdated ? [] : [...unlike, ...missing],
    made: batch.isRepeated ? [] : unlike,
    lost,
    isMerged,
    kept: isOutdated ? [] : kept,
    merges: !isOutdated && nulls.length > 0 && nulls.every((path) => valueAt(stored, path) === undefined),
    isOutdated,
  };
}

/** What is left to know of a batch that is given up without having been acknowledged: it may have arrived. */
export function doubt(record: LeadRecord, batch: FrozenBatch): Partial<LeadRecord> {
  return { earlier: batch, ...doubted(record, batch) };
}

function doubted({ doubtedThrough = 0 }: LeadRecord, { seqs }: FrozenBatch): Partial<LeadRecord> {
  return { doubtedThrough: Math.max(doubtedThrough, seqs.at(-1) ?? 0) };
}

/** The edits of which nobody knows whether they arrived. */
export function doubtedRows({ rows, earlier, doubtedThrough = 0 }: LeadRecord): readonly PendingRow[] {
  const last = Math.max(doubtedThrough, earlier?.seqs.at(-1) ?? 0);
  return rows.filter(({ seq }) => seq <= last);
}

/** Why edits are parked. */
export interface Parking extends Pick<ParkedRow, 'reason' | 'status' | 'message' | 'conflicts'> {
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Edits as they are parked. */
export function parkedRows(
  rows: readonly PendingRow[],
  { reason, status, message, conflicts, now }: Parking,
): readonly ParkedRow[] {
  const parkedAt = new Date(now).toISOString();
  return rows.map((row) => ({ ...row, reason, status, message, conflicts, parkedAt }));
}

/** Takes edits out of a record's rows to park them. */
export function parkRows(
  record: LeadRecord,
  gone: readonly PendingRow[],
  parking: Parking,
): { readonly record: LeadRecord; readonly parked: readonly ParkedRow[] } {
  const left = record.rows.filter((row) => !gone.includes(row));
  // The newest first: each leaves to those after it what it replaced itself, unless the server has it all the same.
  const rows = gone.reduceRight<readonly PendingRow[]>((later, row, index) => {
    const replaced = row.replaced?.filter((entry) => !isMadeBy(gone.slice(index), entry, record.base));
    return withoutEarlier(later, { ...row, replaced });
  }, left);
  return { record: { ...record, rows }, parked: parkedRows(gone, parking) };
}
