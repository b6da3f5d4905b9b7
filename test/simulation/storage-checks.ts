import type { JsonObject, Lead, LeadboxOptions } from '../../src/index.ts';
import { jsonEqual, valueAt } from '../../src/model/json.ts';
import { asJson } from '../../src/model/lead.ts';
import type { PendingRow } from '../../src/model/lead-record.ts';
import type { BaseRow } from '../../src/storage/rows.ts';
import type { Way } from './departures.ts';
import type { FakeFactory } from './fake-internals.ts';
import type { KnownBatch, Ledger } from './ledger.ts';
import { referenceFolds, referencePatch, referenceReplace } from './reference-merge.ts';
import type { Server } from './server.ts';
import { readStored, type Stored } from './stored.ts';

export interface StorageChecks {
  /** What was committed last. */
  readonly stored: Stored;
  /** Looks at what a write transaction left, at its commit. */
  committed(): void;
  /** The user signs out like this; undefined: that is over. */
  leaves(way: Way | undefined): void;
  /** He is gone: where nothing was stored, nothing was wiped either. */
  ends(): void;
  /** Signing out removed everything: the stay is over. */
  readonly isWiped: boolean;
}

/** Judges every committed state: nothing is lost, the view is base + pending, a batch stays as it was sent. */
export function createStorageChecks(
  factory: FakeFactory,
  name: string,
  ledger: Ledger,
  server: Server,
  options: LeadboxOptions,
): StorageChecks {
  let stored = readStored(factory, name);
  const bases = new Map<string, Lead>();
  let way: Way | undefined;
  let isWiped = false;

  /** All at once, and only what the server has, unless it was to be discarded (R45). */
  const checkWiped = (before: Stored) => {
    const unsynced = [...before.outbox, ...before.parked];
    if (unsynced.length && way !== 'discard')
      ledger.break(1, `${unsynced.length} edits were wiped that the server does not have`);
    for (const { seq } of unsynced) ledger.discarded.add(seq);
    isWiped = true;
  };

  /** After a conflict: what the server has comes to the same with and without these edits (R37). */
  const isThere = (seq: number, left: readonly number[]) => {
    const row = ledger.rows.get(seq);
    if (!row || !ledger.conflicted.has(row.leadId)) return false;
    const after = (rows: readonly PendingRow[]) =>
      [...rows]
        .filter(({ leadId }) => leadId === row.leadId)
        .sort((a, b) => a.seq - b.seq)
        .reduce((lead, { patch }) => referencePatch(lead, patch), server.lead(row.leadId));
    const gone = left.flatMap((other) => ledger.rows.get(other) ?? []);
    return jsonEqual(asJson(after([...gone, ...stored.outbox])), asJson(after(stored.outbox)));
  };

  const checkOutbox = (before: Stored) => {
    const { rows, parked, applied } = ledger;
    for (const row of stored.parked) {
      const isKnown = parked.has(row.seq);
      parked.add(row.seq);
      if (!isKnown && !rows.has(row.seq)) ledger.break(8, `parked ${row.seq} was never pending`);
    }
    const isParked = new Set(stored.parked.map(({ seq }) => seq));
    for (const seq of parked) {
      if (isParked.has(seq)) continue;
      if (ledger.askedFor.has(seq)) ledger.discarded.add(seq);
      else ledger.break(8, `the parked edit ${seq} is gone`);
    }
    const last = Math.max(0, ...rows.keys());
    const pending = new Set<number>();
    for (const row of stored.outbox) {
      pending.add(row.seq);
      if (isParked.has(row.seq)) ledger.break(8, `${row.seq} is parked and pending`);
      const known = rows.get(row.seq);
      if (!known && !row.isRepair && row.seq <= last) ledger.break(2, `${row.seq} was queued after ${last}`);
      if (known && !row.isRepair && !ledger.decided.has(row.leadId) && !jsonEqual(known.patch, row.patch))
        ledger.break(1, `the patch of ${row.seq} changed`);
      rows.set(row.seq, row);
    }
    const left = before.outbox
      .map(({ seq }) => seq)
      .filter((seq) => !pending.has(seq) && !isParked.has(seq) && !applied.has(seq));
    const covered = left.filter((seq) => isThere(seq, left));
    for (const seq of left) {
      const row = rows.get(seq);
      if (covered.includes(seq)) applied.add(seq);
      else if (ledger.askedFor.has(seq)) ledger.discarded.add(seq);
      else if (row?.isRepair || (row && ledger.decided.has(row.leadId))) ledger.yielded.add(seq);
      else ledger.break(1, `edit ${seq} left the outbox, and the server never applied it`);
    }
  };

  const checkLead = (lead: Lead, base: BaseRow | undefined, rows: readonly PendingRow[]) => {
    const { id } = lead;
    if (rows.length && !base) return ledger.break(6, `lead ${id} has pending edits and no base`);
    if (base && !rows.length) return ledger.break(6, `lead ${id} has a base and no pending edits`);
    const truth = base?.lead ?? lead;
    const earlier = bases.get(id);
    if (earlier && Date.parse(truth.updated_at) < Date.parse(earlier.updated_at)) {
      ledger.break(3, `the base of ${id} went back from ${earlier.updated_at} to ${truth.updated_at}`);
    }
    bases.set(id, truth);
    const version = server.version(id, truth.updated_at);
    if (!version || !jsonEqual(asJson(version), asJson(truth))) {
      ledger.break(6, `the base of ${id} is nothing that the server ever had: ${JSON.stringify(truth)}`);
    }
    const view = rows.reduce((before, { patch }) => referencePatch(before, patch), truth);
    if (!jsonEqual(asJson(view), asJson(lead))) {
      ledger.break(6, `the view of ${id} is not base + pending: ${JSON.stringify(lead)} for ${JSON.stringify(view)}`);
    }
  };

  const checkUnchanged = (batch: BaseRow['batch']) => {
    const known = batch && ledger.batches.get(batch.id);
    if (known && (known.body !== batch.body || !jsonEqual(known.seqs, batch.seqs)))
      ledger.break(9, `batch ${batch.id} changed`);
  };

  /** What could have gone along does: fewer requests do not do (10). */
  const checkFolding = ({ id, batch, aloneThrough = 0, rounds }: BaseRow, rows: readonly PendingRow[]) => {
    // One by one after a refusal, at a fence, and what was compared before goes alone; so does a repair.
    const isLimited =
      !batch ||
      batch.isWhole ||
      rounds ||
      ledger.conflicted.has(id) ||
      rows[0]?.isRepair ||
      stored.fences.some(({ leadId }) => leadId === id);
    if (isLimited || options.coalesce === false || options.ordering === 'strict' || options.checkBeforeSend) return;
    const next = rows[batch.seqs.length];
    if (!next || (batch.seqs[0] ?? 0) <= aloneThrough) return;
    const body = JSON.parse(batch.body) as JsonObject; // a body is a patch
    if (referenceFolds(body, next.patch)) ledger.break(10, `${batch.body} leaves out ${JSON.stringify(next.patch)}`);
  };

  const checkBatch = (row: BaseRow, rows: readonly PendingRow[]) => {
    const { id: leadId, batch, lead: base } = row;
    if (!batch || ledger.batches.has(batch.id)) return checkUnchanged(batch);
    checkFolding(row, rows);
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

  return {
    get stored() {
      return stored;
    },
    get isWiped() {
      return isWiped;
    },
    leaves(asked) {
      way = asked;
    },
    ends() {
      isWiped ||= !stored.leads.length && !stored.outbox.length && !stored.parked.length;
    },
    committed() {
      const before = stored;
      stored = readStored(factory, name);
      if (isWiped) {
        // A page that was not told may still fetch; the database goes a moment later.
        if (stored.outbox.length) ledger.break(1, `edit ${stored.outbox[0]?.seq} was taken after everything was wiped`);
        return;
      }
      if (way && way !== 'keep' && before.leads.length && !stored.leads.length && !stored.outbox.length)
        return checkWiped(before);
      checkOutbox(before);
      const was = new Map(before.bases.map((base) => [base.id, base]));
      const now = new Map(stored.bases.map((base) => [base.id, base]));
      for (const { id, batch } of before.bases) {
        const known: KnownBatch | undefined = batch && ledger.batches.get(batch.id);
        // Whole sections are made anew where nothing of them can arrive any more.
        if (known?.isSent && !known.isAnswered && !known.isWhole && now.get(id)?.batch?.id !== known.id) {
          ledger.break(9, `batch ${known.id} was sent and given up without an answer`);
        }
      }
      const seen = new Map(before.leads.map((lead) => [lead.id, lead]));
      const cached = new Set(stored.leads.map(({ id }) => id));
      for (const { leadId } of stored.outbox)
        if (!cached.has(leadId)) ledger.break(6, `lead ${leadId} has pending edits and is not here`);
      // Evicted to make room; what another tab or the server brings back may be older.
      for (const id of bases.keys()) if (!cached.has(id)) bases.delete(id);
      for (const lead of stored.leads) {
        const base = now.get(lead.id);
        const rows = stored.outbox.filter(({ leadId }) => leadId === lead.id);
        const count = before.outbox.filter(({ leadId }) => leadId === lead.id).length;
        if (seen.get(lead.id) === lead && was.get(lead.id) === base && rows.length === count) continue;
        checkLead(lead, base, rows);
        if (base) checkBatch(base, rows);
      }
    },
  };
}

/** What a patch may meet: folding must be right on all of them (R13). */
const documents: readonly Lead[] = [
  { a: 1, b: [1], c: { x: 1 } },
  { a: { x: 1, y: { z: 1 } }, b: { x: 1 }, c: null },
  {},
].map((properties) => ({ properties, location: properties }) as unknown as Lead); // only the sections matter here
