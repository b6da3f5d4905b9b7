import type { Lead } from '../model/lead.ts';
import { viewOf } from '../model/lead-change.ts';
import type { Fence, LeadRecord, ParkedRow, PendingRow } from '../model/lead-record.ts';
import type { Tables } from './database.ts';
import { isReadableBatch, isReadableLead, isReadableRow, readableFences, unreadable } from './readable.ts';
import { needNotBeAwaited } from './table.ts';

/** The records of leads with pending edits, inside one write transaction: read when asked for, written at its end. */
export interface LeadRecords {
  /** Reads these at once, and not one after the other when they are asked for. */
  expect(ids: readonly string[]): void;
  /**
   * undefined if nothing is pending on the lead, or if it is unknown; `fresh` is the lead as the server has it, for one
   * that is.
   */
  get(id: string, fresh?: Lead): Promise<LeadRecord | undefined>;
  /** The edits of a lead that was asked for and has no base: it was never on this device, or is damaged. */
  unknownRows(id: string): readonly PendingRow[];
  /** Replaces a record that was read before. */
  set(record: LeadRecord): void;
  /** Queues an edit before the one with the seq `next`; without one, behind all others. Gives its row, to be set in its record. */
  insert(row: Omit<PendingRow, 'seq'>, next: number | undefined): Promise<PendingRow>;
  park(rows: readonly ParkedRow[]): void;
  /** Rows that could not be read and are parked for that (R49). */
  readonly unreadable: readonly ParkedRow[];
  /** The heads of the outbox after `seq`, in order. */
  outboxAfter(seq: number, limit: number): Promise<readonly { readonly seq: number; readonly leadId: string }[]>;
  /** Written if replaced. */
  fences: readonly Fence[];
  /** Writes what was set, the local views computed anew. It is stored once the transaction is complete. */
  flush(): void;
}

/**
 * Opens the records in the transaction of `tables`, which runs once this resolves; `now` in milliseconds since 1970. Those
 * of `expected` leads are read.
 */
export async function openRecords(tables: Tables, now: number, expected: readonly string[] = []): Promise<LeadRecords> {
  const { leads, bases, outbox, parked, meta } = tables;
  const read = new Map<string, LeadRecord | undefined>();
  const written = new Map<string, LeadRecord>();
  const refused: ParkedRow[] = [];
  const broken: ParkedRow[] = [];
  const gone = new Set<number>();
  const changed: PendingRow[] = [];
  const unknown = new Map<string, readonly PendingRow[]>();
  // Leads with edits that were not here, or not readable: their views are written for the first time.
  const unseen = new Set<string>();
  const readRows = (id: string) => Promise.all([outbox.where('leadId', id).toArray(), bases.get(id)]);
  const ahead = new Map<string, ReturnType<typeof readRows>>();
  const expect = (ids: readonly string[]) => {
    for (const id of ids) if (!read.has(id) && !ahead.has(id)) ahead.set(id, needNotBeAwaited(readRows(id)));
  };
  expect(expected);
  const fences = readableFences((await meta.get('fences'))?.fences);

  const parkBroken = (rows: readonly PendingRow[]) => {
    const found = rows.filter(({ seq }) => !gone.has(seq));
    broken.push(...found.map((row) => unreadable(row, now)));
    for (const { seq } of found) gone.add(seq);
  };

  /** Reads a record, and mends one that is damaged: what cannot be read is parked, the rest goes on. */
  const readRecord = async (id: string, fresh: Lead | undefined) => {
    const [rows, found] = await (ahead.get(id) ?? readRows(id));
    ahead.delete(id); // read again, it may have changed
    const { lead, batch, earlier, ...rest } = found ?? { id };
    const left = rows.filter(isReadableRow);
    if (left.length < rows.length) parkBroken(rows.filter((row) => !left.includes(row)));
    // The view holds all that the base did, and the edits on top: applied once more they change nothing.
    const base = isReadableLead(lead)
      ? lead
      : [rows.length ? await leads.get(id) : undefined, fresh].find(isReadableLead);
    if (!base) {
      if (left.length) unknown.set(id, left);
      return;
    }
    const [frozen, givenUp] = [batch, earlier].map((one) => (isReadableBatch(one, id) ? one : undefined));
    const record = { ...rest, base, batch: frozen, earlier: givenUp };
    read.set(id, { ...record, rows });
    if (base === fresh && rows.length) unseen.add(id);
    unknown.delete(id);
    if (left.length < rows.length || base === fresh) records.set({ ...record, rows: left });
  };

  const records: LeadRecords = {
    expect,
    fences,
    unreadable: broken,
    unknownRows: (id) => unknown.get(id) ?? [],
    async get(id, fresh) {
      if (!read.has(id)) await readRecord(id, fresh);
      const record = written.get(id) ?? read.get(id);
      return record?.rows.length ? record : undefined;
    },
    set(record) {
      const seqs = new Set(record.rows.map(({ seq }) => seq));
      for (const { seq } of read.get(record.id)?.rows ?? []) if (!seqs.has(seq)) gone.add(seq);
      // Doubt goes with the last edit that it was about.
      const { earlier, rounds, refusal, doubtedThrough, ...rest } = record;
      const isDoubted = earlier?.seqs.some((seq) => seqs.has(seq));
      const mayBeThere = record.rows.some(({ seq }) => seq <= (doubtedThrough ?? 0));
      written.set(record.id, {
        ...rest,
        ...(isDoubted && { earlier, rounds, refusal }),
        ...(mayBeThere && { doubtedThrough }),
      });
    },
    async insert(row, next) {
      const own = await outbox.add(row as PendingRow); // the table gives it its seq
      if (next === undefined) return { ...row, seq: own };
      await outbox.delete(own);
      // Between the edit before and the next one, exactly and never twice: the number that is its own is a fraction in it.
      const inserted = { ...row, seq: next - 1 + own / 2 ** 26 };
      await outbox.add(inserted);
      return inserted;
    },
    park(rows) {
      refused.push(...rows);
      for (const { seq } of rows) gone.add(seq);
    },
    async outboxAfter(seq, limit) {
      for (let after = seq; ; ) {
        const rows = await outbox.after(after, limit);
        const last = rows.at(-1);
        // Others that cannot be read are parked with their lead, whose view is without them then.
        parkBroken(rows.filter(({ leadId }) => typeof leadId !== 'string'));
        const left = rows.filter((row) => !gone.has(row.seq));
        if (left.length || !last) return left;
        after = last.seq;
      }
    },
    flush() {
      const all = [...written.values()];
      // Where only the batch changed, the view did not.
      const moved = all.filter((record) => {
        const before = read.get(record.id);
        const known = new Set(before?.rows);
        const amended = record.rows.filter((row) => !known.has(row));
        changed.push(...amended);
        const isNew = unseen.has(record.id) || record.base !== before?.base;
        return isNew || record.rows.length !== before?.rows.length || amended.length > 0;
      });
      outbox.bulkDelete([...gone]);
      outbox.bulkPut(changed);
      parked.bulkPut([...refused, ...broken]);
      leads.bulkPut(moved.map(viewOf));
      bases.bulkPut(all.flatMap(({ rows, base, ...rest }) => (rows.length ? { ...rest, lead: base } : [])));
      bases.bulkDelete(all.flatMap(({ rows, id }) => (rows.length ? [] : id)));
      if (records.fences !== fences) meta.put({ key: 'fences', fences: records.fences });
    },
  };
  return records;
}
