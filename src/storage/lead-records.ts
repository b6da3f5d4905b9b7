import { viewOf } from '../model/lead-change.ts';
import type { Fence, LeadRecord, ParkedRow } from '../model/lead-record.ts';
import type { Tables } from './database.ts';

/** The records of leads with pending edits, inside one write transaction: read when asked for, written at its end. */
export interface LeadRecords {
  /** undefined if nothing is pending on the lead. */
  get(id: string): Promise<LeadRecord | undefined>;
  /** Replaces a record that was read before. */
  set(record: LeadRecord): void;
  park(rows: readonly ParkedRow[]): void;
  /** The heads of the outbox after `seq`, in order. */
  outboxAfter(seq: number, limit: number): Promise<readonly { readonly seq: number; readonly leadId: string }[]>;
  /** Written if replaced. */
  fences: readonly Fence[];
  /** Writes what was set, the local views computed anew. */
  flush(): Promise<unknown>;
}

/** Opens the records in the transaction of `tables`. */
export async function openRecords(tables: Tables): Promise<LeadRecords> {
  const { leads, bases, outbox, parked, meta } = tables;
  const read = new Map<string, LeadRecord | undefined>();
  const written = new Map<string, LeadRecord>();
  const refused: ParkedRow[] = [];
  const gone = new Set<number>();
  const fences = (await meta.get('fences'))?.fences ?? [];

  const records: LeadRecords = {
    fences,
    async get(id) {
      if (!read.has(id)) {
        const rows = outbox.where('leadId').equals(id).sortBy('seq');
        const base = await bases.get(id);
        read.set(id, base && { ...base, base: base.lead, rows: await rows });
      }
      const record = written.get(id) ?? read.get(id);
      return record?.rows.length ? record : undefined;
    },
    set(record) {
      const kept = new Set(record.rows);
      for (const row of read.get(record.id)?.rows ?? []) if (!kept.has(row)) gone.add(row.seq);
      written.set(record.id, record);
    },
    park: (rows) => void refused.push(...rows),
    async outboxAfter(seq, limit) {
      const rows = await outbox
        .where('seq')
        .above(seq)
        .limit(limit + gone.size)
        .toArray();
      return rows.filter((row) => !gone.has(row.seq));
    },
    flush() {
      const all = [...written.values()];
      // Where only the batch changed, the view did not.
      const moved = all.filter((record) => {
        const before = read.get(record.id);
        return record.base !== before?.base || record.rows.length !== before.rows.length;
      });
      return Promise.all([
        outbox.bulkDelete([...gone]),
        parked.bulkPut(refused),
        leads.bulkPut(moved.map(viewOf)),
        bases.bulkPut(all.flatMap(({ rows, base, ...rest }) => (rows.length ? { ...rest, lead: base } : []))),
        bases.bulkDelete(all.flatMap(({ rows, id }) => (rows.length ? [] : id))),
        records.fences !== fences && meta.put({ key: 'fences', fences: records.fences }),
      ]);
    },
  };
  return records;
}
