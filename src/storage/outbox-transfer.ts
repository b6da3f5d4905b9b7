import * as z from 'zod/mini';
import type { JsonObject } from '../model/json.ts';
import type { ParkedRow, PendingRow } from '../model/lead-record.ts';
import { checked, leadIdSchema, leadPatchSchema } from '../model/lead-schema.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import { withoutPaths } from '../model/merge-patch.ts';
import type { Database, Tables } from './database.ts';
import { isReadableRow } from './readable.ts';
import { addEdits } from './store-edits.ts';

/** Everything unsynced of a device, for support or a move to another one. */
export interface OutboxExport {
  readonly format: 'leadbox-outbox';
  readonly version: 1;
  /** ISO 8601. */
  readonly exportedAt: string;
  /** In order. */
  readonly edits: readonly ExportedEdit[];
}

export interface ExportedEdit {
  /** The same wherever the edit goes, so that it is taken once. */
  readonly id: string;
  readonly leadId: string;
  readonly patch: JsonObject;
  readonly madeAt: string;
  readonly parked?: Pick<ParkedRow, 'reason' | 'status' | 'message'> | undefined;
}

const reasons = ['rejected', 'forbidden', 'gone', 'conflict', 'stale', 'unreadable'] as const;
const exportSchema: z.ZodMiniType<OutboxExport, unknown> = z.looseObject({
  format: z.literal('leadbox-outbox'),
  version: z.literal(1),
  exportedAt: z.string(),
  edits: z.array(
    z.looseObject({
      id: z.string().check(z.minLength(1)),
      leadId: leadIdSchema,
      patch: leadPatchSchema,
      madeAt: z.string().check(z.refine((text) => Date.parse(text) >= 0)),
      parked: z.optional(
        z.looseObject({
          reason: z.enum(reasons),
          status: z.optional(z.number()),
          message: z.optional(z.string().check(z.maxLength(2_000))),
        }),
      ),
    }),
  ),
}) as unknown as z.ZodMiniType<OutboxExport, unknown>; // a patch of a lead is a JSON object

/** How many ids of imported edits are remembered, so that a file that comes again finds them (R64). */
const remembered = 1_000;

/** `newName` names this device, once, in the ids of its edits. */
export function exportOutbox(database: Database, exportedAt: string, newName: () => string): Promise<OutboxExport> {
  return database.run('rw', async (tables) => {
    const client = await clientName(tables, newName);
    const [pending, parked] = await Promise.all([tables.outbox.toArray(), tables.parked.toArray()]);
    const idOf = ({ origin, seq }: PendingRow) => origin ?? `${client}:${seq}`;
    // What cannot be read here could not be read there, and the file would be refused for it. A repair is this device's.
    const isMoved = (row: PendingRow) => isReadableRow(row) && !row.isRepair;
    const current = parked
      .filter(isReadableRow)
      .map((row) => ({ ...row, patch: withoutPaths(row.patch, row.overtaken ?? []) }));
    const left = current.filter(({ patch }) => Object.keys(patch).length);
    // One that was queued again keeps its place among the parked ones, and sets nothing that those behind it set.
    const placeOf = ({ seq, madeAs = seq }: PendingRow) => madeAs;
    const edits = [...pending, ...left].filter(isMoved).sort((a, b) => placeOf(a) - placeOf(b));
    return {
      ...{ format: 'leadbox-outbox' as const, version: 1 as const, exportedAt },
      edits: edits.map((row: PendingRow & Partial<ParkedRow>): ExportedEdit => {
        const { leadId, patch, madeAt, reason, status, message } = row;
        const exported = { id: idOf(row), leadId, patch, madeAt };
        return reason === undefined ? exported : { ...exported, parked: { reason, status, message } };
      }),
    };
  });
}

/**
 * An export as it came from outside.
 * @throws LeadboxError 'invalid-import' with the path; within `edits` it begins with the index.
 */
export function checkedExport(data: unknown): OutboxExport {
  const found = checked(exportSchema, data, (path, problem) => {
    const where = path[0] === 'edits' ? path.slice(1) : path;
    const message = `Not an outbox of this version at ${where.join('.') || 'its top'}: ${problem}. Nothing was imported.`;
    throw new LeadboxError('invalid-import', message, { path: where });
  });
  return found as OutboxExport; // the function above throws where there is none
}

/** What an import came to. */
export interface Imported {
  readonly imported: number;
  readonly skipped: number;
  readonly leadIds: readonly string[];
}

/** Queues what is not known here yet, in order and in one transaction. */
export function importOutbox(database: Database, { edits }: OutboxExport, newName: () => string): Promise<Imported> {
  return database.run('rw', async (tables) => {
    const client = await clientName(tables, newName);
    const rows = await Promise.all([tables.outbox.toArray(), tables.parked.toArray()]);
    const here = rows.flat().flatMap(({ origin }) => origin ?? []);
    const before = (await tables.meta.get('imported'))?.imported ?? [];
    const waiting = new Set(here);
    // The last are the last to be forgotten: of what waits here none may be taken twice.
    const known = new Set([...before.filter((id) => !waiting.has(id)), ...waiting]);
    const taken: ExportedEdit[] = [];
    for (const edit of edits) {
      // What this device exported it has, or has had.
      const isKnown = known.delete(edit.id) || edit.id.startsWith(`${client}:`);
      known.add(edit.id); // the last, so that it is the last to be forgotten
      if (isKnown) continue;
      taken.push(edit);
      await take(tables, edit);
    }
    const enough = Math.max(remembered, edits.length); // this file at least, however long it is
    if (edits.length) await tables.meta.put({ key: 'imported', imported: [...known].slice(-enough) });
    const leadIds = [...new Set(taken.map(({ leadId }) => leadId))];
    return { imported: taken.length, skipped: edits.length - taken.length, leadIds };
  });
}

async function take(tables: Tables, { id: origin, leadId, patch, madeAt, parked }: ExportedEdit): Promise<void> {
  const row = { leadId, patch, madeAt, origin };
  const [stored] = parked ? [] : await addEdits(tables, [{ ...row, patchOn: () => patch }]);
  if (stored && !('error' in stored)) return;
  // Of a lead that is not here it waits until the lead is fetched. One that changes nothing in what is cached here may
  // still change what the server has.
  const seq = await tables.outbox.add(row as PendingRow); // the table gives it its seq
  if (!parked) return;
  await tables.outbox.delete(seq);
  const { reason, status, message } = parked; // what else a file says of it was not checked
  await tables.parked.put({ ...row, reason, status, message, seq, parkedAt: madeAt });
}

async function clientName({ meta }: Tables, newName: () => string): Promise<string> {
  const known = (await meta.get('client'))?.client;
  if (known !== undefined) return known;
  const client = newName();
  await meta.put({ key: 'client', client });
  return client;
}
