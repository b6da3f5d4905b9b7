import type { Conflict, Resolution } from './edit.ts';
import { type JsonObject, type JsonValue, jsonEqual, maxDepth, toJson, valueAt } from './json.ts';
import { asJson, type Lead } from './lead.ts';
import { shows } from './lead-change.ts';
import type { PendingRow } from './lead-record.ts';
import { leadPatchSchema } from './lead-schema.ts';
import {
  applyMergePatch,
  mergePatchBetween,
  pathsOverlap,
  touchedPaths,
  withoutNulls,
  withoutPaths,
} from './merge-patch.ts';
import { entryAt, isMadeBy, placeOf, valueBefore, withReplaced, withValueAt } from './replaced.ts';

/** Edits of one lead that would go together, compared with the lead as the server has it now (R35–R37). */
export interface Comparison {
  /** The paths that both sides changed to different values. */
  readonly conflicts: readonly Conflict[];
  /** The server has all of it already. */
  readonly isThere: boolean;
}

/**
 * `patch` is what `rows` fold into. Null and missing are equal (R11); arrays are compared as wholes. What the
 * edits in `sent` set, which were sent before, is not somebody else's.
 */
export function compareWith(
  fresh: Lead,
  rows: readonly PendingRow[],
  patch: JsonObject,
  sent: readonly PendingRow[],
): Comparison {
  const all = valuesAt(fresh, rows, patch);
  const isOwn = ({ path, base }: Conflict) => isMadeBy(sent, entryAt(path, base), fresh);
  const isSame = (a: JsonValue | undefined, b: JsonValue | undefined) =>
    jsonEqual(withoutNulls(a ?? null), withoutNulls(b ?? null));
  return {
    conflicts: all.filter((one) => !isSame(one.theirs, one.base) && !isSame(one.theirs, one.mine) && !isOwn(one)),
    isThere: shows(fresh, patch),
  };
}

/** The paths that conflict; if none does and the server refuses all the same, all paths. */
export function allAsConflicts(fresh: Lead, rows: readonly PendingRow[], patch: JsonObject): readonly Conflict[] {
  const { conflicts } = compareWith(fresh, rows, patch, []);
  return conflicts.length ? conflicts : valuesAt(fresh, rows, patch);
}

/** Where theirs has no object any more for what mine changes inside it, that place is compared as a whole. */
function valuesAt(fresh: Lead, rows: readonly PendingRow[], patch: JsonObject): readonly Conflict[] {
  const lead = asJson(fresh);
  const values = new Map<string, Conflict>();
  for (const touched of touchedPaths(patch)) {
    const path = placeOf(lead, touched);
    const theirs = valueAt(lead, path) ?? null;
    // Of an edit from another device nobody knows what was seen there.
    const before = valueBefore(rows, path, path !== touched);
    const base = before === undefined ? theirs : before;
    const mine = applyMergePatch(theirs, valueAt(patch, path) ?? null);
    values.set(JSON.stringify(path), { leadId: fresh.id, path, base, mine, theirs });
  }
  return [...values.values()];
}

/** What the decisions about conflicts made of a lead's pending edits. */
export interface Resolved {
  readonly rows: readonly PendingRow[];
  /** Edits of which nothing is left: the server's values stay. */
  readonly yielded: readonly PendingRow[];
  /** Edits that wait for somebody to decide. */
  readonly asking: readonly { readonly row: PendingRow; readonly conflicts: readonly Conflict[] }[];
}

/**
 * Has `decide` settle the conflicts of the edits `seqs` among a lead's pending `rows`. What it throws, and an answer
 * that is none, leaves the decision to people: such an edit is parked, never lost.
 */
export function resolveConflicts(
  rows: readonly PendingRow[],
  seqs: readonly number[],
  conflicts: readonly Conflict[],
  decide: (conflict: Conflict) => Resolution,
): Resolved {
  let current = rows;
  const yielded: PendingRow[] = [];
  const asked: Conflict[] = [];
  const isOfBatch = ({ seq }: PendingRow) => seqs.includes(seq);
  const touches = (row: PendingRow, { path }: Conflict) => pathsOverlap([path], touchedPaths(row.patch));
  for (const conflict of conflicts) {
    const { path } = conflict;
    const theirs = conflict.theirs ?? undefined; // null counts as missing
    const involved = current.filter((row) => isOfBatch(row) && touches(row, conflict));
    // What only repairs a section yields to whatever somebody put there since. Users' edits of it still conflict with that.
    const isRepair = involved.every((row) => row.isRepair);
    const decision = isRepair ? 'theirs' : decisionOf(conflict, decide);
    if (decision === 'ask') {
      asked.push(conflict);
      continue;
    }
    const last = involved.at(-1);
    const value = typeof decision === 'object' ? mergePatchBetween(theirs, decision.value) : undefined;
    current = current.map((row) => {
      if (decision === 'mine' || !involved.includes(row)) return row;
      const patch = withoutPaths(row.patch, [path]);
      const isSet = row === last && value !== undefined;
      return { ...row, patch: isSet ? (withValueAt(patch, path, value) as JsonObject) : patch }; // path is not empty
    });
    if (isRepair) continue;
    // Asked once: from now on it is theirs that these edits knowingly replace, or leave.
    const [first = 0] = seqs;
    current = withReplaced(current, entryAt(path, theirs), ({ seq }) => seq >= first);
  }
  const asking = current.flatMap((row) => {
    const own = isOfBatch(row) ? asked.filter((conflict) => touches(row, conflict)) : [];
    return own.length ? { row, conflicts: own } : [];
  });
  const isAsking = new Set(asking.map(({ row }) => row));
  const left = current.filter((row) => {
    if (isAsking.has(row)) return false;
    if (Object.keys(row.patch).length) return true;
    yielded.push(row);
    return false;
  });
  return { rows: left, yielded, asking };
}

function decisionOf(
  conflict: Conflict,
  decide: (conflict: Conflict) => Resolution,
): 'mine' | 'theirs' | 'ask' | { readonly value: JsonValue } {
  try {
    // A copy: what a resolver does to it must not reach the base.
    const decision: unknown = decide(toJson(conflict, [], 'omit', maxDepth + 20) as unknown as Conflict); // it was one
    if (decision === 'mine' || decision === 'theirs') return decision;
    if (typeof decision !== 'object' || decision === null || !('value' in decision)) return 'ask';
    const value = toJson(decision.value, [], 'omit', maxDepth - conflict.path.length);
    return leadPatchSchema.safeParse(withValueAt({}, conflict.path, value)).success ? { value } : 'ask';
  } catch {
    return 'ask';
  }
}
