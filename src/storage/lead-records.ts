import type { Lead } from '../model/lead.ts';
import { localView } from '../model/lead-change.ts';
import type { Fence, LeadRecord, ParkedRow } from '../model/lead-record.ts';
import type { Tables } from './database.ts';
import type { ReadLead } from './read-leads.ts';
import type { BaseRow } from './rows.ts';

/** The tables that a record is spread over. */
export const recordTables = ['leads', 'bases', 'outbox', 'parked', 'meta'] as const;

/** The records of leads with pending edits, inside one write transaction: read when asked for, written at its end. */
export interface LeadRecords {
  /** undefined if nothing is pending on the lead. */
  get(id: string): Promise<LeadRecord | undefined>;
  /** Replaces a record that was read before; the local view is recomputed from it. */
  set(record: LeadRecord): void;
  park(rows: readonly ParkedRow[]): void;
  /** The heads of the outbox after `seq`, in order. */
  outboxAfter(seq: number, limit: number): Promise<readonly { readonly seq: number; readonly leadId: string }[]>;
  readonly fences: readonly Fence[];
  setFences(fences: readonly Fence[]): void;
  /** Writes what was set. Gives the leads whose view, base or counts changed. */
  flush(): Promise<ReadonlyMap<string, Omit<ReadLead, 'parked'>>>;
}

/** Opens the records in the transaction of `tables`. */
export async function leadRecords(tables: Tables): Promise<LeadRecords> {
  const read = new Map<string, LeadRecord | undefined>();
  const written = new Map<string, LeadRecord>();
  const parked: ParkedRow[] = [];
  const gone = new Set<number>();
  const storedFences = (await tables.meta.get('fences'))?.fences ?? [];
  let fences = storedFences;

  const get = async (id: string): Promise<LeadRecord | undefined> => {
    if (written.has(id)) return withRows(written.get(id));
    if (!read.has(id)) {
      const [base, rows] = await Promise.all([
        tables.bases.get(id),
        tables.outbox.where('leadId').equals(id).sortBy('seq'),
      ]);
      const { lead, ...rest } = base ?? {};
      read.set(id, lead && { ...rest, id, base: lead, rows });
    }
    return withRows(read.get(id));
  };

  return {
    get,
    set(record) {
      const kept = new Set(record.rows.map((row) => row.seq));
      for (const { seq } of written.get(record.id)?.rows ?? read.get(record.id)?.rows ?? []) {
        if (!kept.has(seq)) gone.add(seq);
      }
      written.set(record.id, record);
    },
    park: (rows) => parked.push(...rows),
    async outboxAfter(seq, limit) {
      const rows = await tables.outbox
        .where('seq')
        .above(seq)
        .limit(limit + gone.size)
        .toArray();
      return rows.filter((row) => !gone.has(row.seq));
    },
    get fences() {
      return fences;
    },
    setFences(next) {
      fences = next;
    },
    async flush() {
      const views: Lead[] = [];
      const bases: BaseRow[] = [];
      const settled: string[] = [];
      const changed = new Map<string, Omit<ReadLead, 'parked'>>();
      for (const [id, { base, rows, ...rest }] of written) {
        const before = read.get(id) as LeadRecord; // only what was read can be set
        if (rows.length > 0) bases.push({ ...rest, lead: base });
        else settled.push(id);
        if (base === before.base && rows.length === before.rows.length) continue; // only its batch changed
        const lead = localView(
          base,
          rows.map((row) => row.patch),
        );
        views.push(lead);
        changed.set(id, { lead, base, pending: rows.length });
      }
      await Promise.all([
        tables.outbox.bulkDelete([...gone]),
        tables.parked.bulkPut(parked),
        tables.leads.bulkPut(views),
        tables.bases.bulkPut(bases),
        tables.bases.bulkDelete(settled),
        fences === storedFences ? undefined : tables.meta.put({ key: 'fences', fences }),
      ]);
      return changed;
    },
  };
}

function withRows(record: LeadRecord | undefined): LeadRecord | undefined {
  return record && record.rows.length > 0 ? record : undefined;
}
