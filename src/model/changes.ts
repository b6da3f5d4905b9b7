import { type JsonObject, type JsonValue, valueAt } from './json.ts';
import { asJson, type Lead } from './lead.ts';
import type { ParkedRow, PendingRow } from './lead-record.ts';
import { applyMergePatch, touchedPaths } from './merge-patch.ts';

/** One field of a lead that somebody changed here and the server does not have, or refused. */
export interface FieldChange {
  readonly path: readonly string[];
  /** The server's value; undefined if it has none. */
  readonly server: JsonValue | undefined;
  /** What was typed here; undefined if it was cleared. */
  readonly mine: JsonValue | undefined;
  /** 'sent' while it is part of a request whose outcome is not known yet. */
  readonly state: 'pending' | 'sent' | 'parked';
  /** The edits behind it, in order. */
  readonly seqs: readonly number[];
}

/** Everything of one lead that the server does not have as it is here. */
export interface Unsynced {
  /** Unknown of a lead that is not on this device. */
  readonly base?: Lead;
  readonly rows: readonly PendingRow[];
  readonly parked: readonly ParkedRow[];
  /** The edits of the request that is on its way. */
  readonly sent: readonly number[];
}

/**
 * Field by field, pending ones first, each in the order in which it was first changed. A field that was changed as part
 * of a bigger one, before or later, counts as part of that. Parked edits stand for themselves: one field, one refused value each.
 */
export function fieldChanges({ base, rows, parked, sent }: Unsynced): FieldChange[] {
  const isSent = new Set(sent);
  const fields = new Map<string, { readonly path: readonly string[]; readonly seqs: Set<number> }>();
  // Which fields lie below a path, so that a later edit of the whole takes them over.
  const below = new Map<string, Set<string>>();
  for (const { seq, patch } of rows) {
    for (const path of touchedPaths(patch)) {
      const key = keyOf(path);
      const above: string[] = [];
      for (let length = 1; length < path.length; length += 1) above.push(keyOf(path.slice(0, length)));
      // Part of a field that was set as a whole before belongs to it.
      const whole = above.find((one) => fields.has(one)) ?? key;
      const field = fields.get(whole);
      if (field) {
        field.seqs.add(seq);
        continue;
      }
      const seqs = new Set<number>();
      for (const inner of below.get(key) ?? []) {
        for (const earlier of fields.get(inner)?.seqs ?? []) seqs.add(earlier);
        fields.delete(inner);
      }
      below.delete(key);
      fields.set(key, { path, seqs: seqs.add(seq) });
      for (const one of above) below.set(one, (below.get(one) ?? new Set()).add(key));
    }
  }
  const patches = new Map(rows.map(({ seq, patch }) => [seq, patch]));
  // Of the edits behind the field alone: there can be thousands of others.
  const mineAt = (path: readonly string[], seqs: readonly number[]) =>
    seqs.reduce<JsonValue | undefined>((value, seq) => {
      const change = valueAt(patches.get(seq), path);
      if (change === undefined) return value;
      return change === null ? undefined : applyMergePatch(value, change);
    }, undefined);
  const serverAt = (path: readonly string[]) => (base && valueAt(asJson(base), path)) ?? undefined;
  const pending = [...fields.values()].map(({ path, seqs: behind }): FieldChange => {
    const seqs = [...behind].sort((a, b) => a - b);
    const state = seqs.every((seq) => isSent.has(seq)) ? 'sent' : 'pending';
    return { path, server: serverAt(path), mine: mineAt(path, seqs), state, seqs };
  });
  const refused = parked.flatMap(({ seq, patch }) =>
    touchedPaths(patch).map((path): FieldChange => {
      return { path, server: serverAt(path), mine: clearedAt(patch, path), state: 'parked', seqs: [seq] };
    }),
  );
  return [...pending, ...refused];
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path);
}

/** Null clears, so that nothing is there. */
function clearedAt(patch: JsonObject, path: readonly string[]): JsonValue | undefined {
  return valueAt(patch, path) ?? undefined;
}
