import type { JsonObject } from '../model/json.ts';
import type { Lead } from '../model/lead.ts';
import type { ParkedRow, PendingRow } from '../model/lead-record.ts';
import { checkLeadId } from '../model/lead-schema.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import { pathsOverlap, touchedPaths, withoutPaths } from '../model/merge-patch.ts';
import { withoutEarlier } from '../model/replaced.ts';
import type { Database, Tables } from './database.ts';
import { openRecords } from './lead-records.ts';
import { hasPatch, isReadableRow } from './readable.ts';
import { addEdits } from './store-edits.ts';

/** How many seqs of discarded edits are remembered, for tabs that hear of it late (R40). */
const remembered = 1_000;

/** The parked edits of these leads. */
export async function readParked({ parked }: Tables, leadIds: readonly string[]): Promise<readonly ParkedRow[]> {
  const rows = await Promise.all([...new Set(leadIds)].map((leadId) => parked.where('leadId', leadId).toArray()));
  return rows.flat();
}

/** Notes on parked edits, as they were read, which of their paths later ones set that the server has now (R63). */
export function noteOvertaken(
  { parked }: Tables,
  rows: readonly ParkedRow[],
  acknowledged: readonly PendingRow[],
): void {
  const noted = rows.flatMap((row) => {
    const { overtaken = [] } = row;
    const paths = pathsOf(row);
    const later = acknowledged
      .filter((one) => one.leadId === row.leadId && isLater(one, row))
      .flatMap(({ patch }) => touchedPaths(patch))
      .filter((path) => pathsOverlap([path], paths));
    const all = new Map([...overtaken, ...later].map((path) => [JSON.stringify(path), path]));
    return all.size > overtaken.length ? { ...row, overtaken: [...all.values()] } : [];
  });
  parked.bulkPut(noted);
}

/** What a parked edit became: the lead it is of, and its new row; none if it changes nothing any more. */
export interface Requeued {
  readonly leadId: string;
  readonly row: PendingRow | undefined;
}

/** What is asked of a parked edit. */
export interface Retry {
  readonly seq: number;
  readonly madeAt: string;
  /** Whether it is a new decision; as it was it counts as made when it first was. */
  readonly isAmended: boolean;
}

/**
 * Queues a parked edit again under a new seq, without the paths that later edits set, sent or not (R63).
 * @throws LeadboxError 'edit-not-found', 'lead-not-cached'; what `amend` throws. Then it stays parked.
 */
export function requeue(
  database: Database,
  { seq, madeAt, isAmended }: Retry,
  amend: (patch: JsonObject, view: Lead) => JsonObject,
): Promise<Requeued> {
  return database.run('rw', async (tables) => {
    if (!Number.isFinite(seq)) throw notFound(seq); // IndexedDB would say that it is no key
    const edit = await tables.parked.get(seq);
    if (!edit) throw notFound(seq);
    const { leadId, overtaken = [] } = edit;
    checkLeadId(leadId); // one that could not be read may name none
    const rows = await tables.outbox.where('leadId', leadId).toArray();
    const later = rows.filter((row) => isLater(row, edit)).flatMap(pathsOf);
    const rest = hasPatch(edit) ? withoutPaths(edit.patch, [...overtaken, ...later]) : {};
    const place = isAmended ? {} : { madeAs: edit.madeAs ?? seq };
    const [stored] = await addEdits(tables, [{ leadId, madeAt, ...place, patchOn: (view) => amend(rest, view) }]);
    // Thrown, it also undoes what is below.
    if (stored && 'error' in stored) throw stored.error;
    if (!stored && !hasPatch(edit))
      throw new LeadboxError('invalid-edit', `Edit ${seq} cannot be read. Amend it to try it again, or discard it.`);
    await tables.parked.delete(seq);
    await remember(tables, seq);
    return { leadId, row: stored };
  });
}

/**
 * Drops a pending or a parked edit, its lead's view computed anew. Gives the lead's id.
 * @throws LeadboxError 'edit-in-flight' while it is part of a request without an answer; 'edit-not-found'.
 */
export function discard(database: Database, seq: number, now: number): Promise<string> {
  return database.run('rw', async (tables) => {
    if (!Number.isFinite(seq)) throw notFound(seq); // as above
    const [row, edit] = await Promise.all([tables.outbox.get(seq), tables.parked.get(seq)]);
    const leadId = row?.leadId ?? edit?.leadId;
    if (leadId === undefined) throw notFound(seq);
    if (row) {
      const records = await openRecords(tables, now);
      const record = await records.get(leadId);
      const { batch, doubtedThrough = 0 } = record ?? {};
      if (batch?.seqs.includes(seq) || seq <= doubtedThrough) {
        const message = `Edit ${seq} was sent and has no answer yet. Discard it once it has one, or undo it with a new edit.`;
        throw new LeadboxError('edit-in-flight', message);
      }
      if (record) {
        const left = record.rows.filter((other) => other.seq !== seq);
        records.set({ ...record, rows: isReadableRow(row) ? withoutEarlier(left, row) : left });
      } else {
        await tables.outbox.delete(seq); // of a lead that is not here
      }
      records.flush();
    }
    await tables.parked.delete(seq); // also where it turned out to be unreadable just now
    await remember(tables, seq);
    return leadId;
  });
}

/** Whether a user made one edit after the other. */
function isLater({ seq, madeAs = seq, isRepair }: PendingRow, other: PendingRow): boolean {
  return madeAs > (other.madeAs ?? other.seq) && !isRepair;
}

/** None of one whose patch cannot be read. */
function pathsOf(row: PendingRow): readonly (readonly string[])[] {
  return hasPatch(row) ? touchedPaths(row.patch) : [];
}

async function remember({ meta }: Tables, seq: number): Promise<void> {
  const { discarded = [] } = (await meta.get('discarded')) ?? {};
  await meta.put({ key: 'discarded', discarded: [...discarded, seq].slice(-remembered) });
}

function notFound(seq: number): LeadboxError {
  return new LeadboxError('edit-not-found', `There is no pending or parked edit ${seq}: look into outbox.parked().`);
}
