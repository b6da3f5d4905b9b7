import * as z from 'zod/mini';
import type { Lead } from '../model/lead.ts';
import type { FrozenBatch, ParkedRow, PendingRow } from '../model/lead-record.ts';
import { leadIdSchema, leadPatchSchema, leadSchema } from '../model/lead-schema.ts';

const rowSchema = z.looseObject({
  seq: z.number(),
  leadId: leadIdSchema,
  patch: leadPatchSchema,
  madeAt: z.string(),
});

const batchSchema = z.looseObject({
  id: z.string(),
  leadId: leadIdSchema,
  seqs: z.array(z.number()),
  body: z.string().check(z.refine(isPatchText)),
  arrivesUntil: z.number(),
  lateUntil: z.optional(z.number()),
});

function isPatchText(text: string): boolean {
  try {
    return leadPatchSchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

/** Whether what is stored is a pending edit that can be shown and sent (R49). */
export function isReadableRow(row: PendingRow): boolean {
  return rowSchema.safeParse(row).success;
}

export function isReadableBatch(batch: unknown): batch is FrozenBatch {
  return batchSchema.safeParse(batch).success;
}

export function isReadableLead(lead: unknown): lead is Lead {
  return leadSchema.safeParse(lead).success;
}

/** A row that cannot be read as it is kept: nothing of it is lost, and it is counted. */
export function unreadable(row: PendingRow, now: number): ParkedRow {
  return { ...row, reason: 'unreadable', parkedAt: new Date(now).toISOString() };
}
