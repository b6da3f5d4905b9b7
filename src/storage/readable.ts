import * as z from 'zod/mini';
import { isJsonObject } from '../model/json.ts';
import type { Lead } from '../model/lead.ts';
import type { Fence, FrozenBatch, ParkedRow, PendingRow } from '../model/lead-record.ts';
import { leadIdSchema, leadPatchSchema, leadSchema } from '../model/lead-schema.ts';

const rowSchema = z.looseObject({
  seq: z.number(),
  leadId: leadIdSchema,
  patch: leadPatchSchema,
  madeAt: z.string(),
  replaced: z.optional(z.array(z.looseObject({ path: z.array(z.string()) }))),
});

const batchSchema = z.looseObject({
  id: z.string(),
  leadId: leadIdSchema,
  seqs: z.array(z.number()),
  body: z.string().check(z.refine(isPatchText)),
  arrivesUntil: z.number(),
  lateUntil: z.optional(z.number()),
  before: z.optional(z.custom(isJsonObject)),
});

const fenceSchema = z.object({
  leadId: leadIdSchema,
  paths: z.array(z.array(z.string())),
  until: z.number(),
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

/** Whether it says what it changes, whatever else of it cannot be read. */
export function hasPatch({ patch }: PendingRow): boolean {
  return isJsonObject(patch);
}

/** Whether it is a batch of this lead: another's would be sent there. */
export function isReadableBatch(batch: unknown, leadId: string): batch is FrozenBatch {
  const { success, data } = batchSchema.safeParse(batch);
  return success && data.leadId === leadId;
}

/** The fences that can be read: of one that cannot, nobody knows what it holds back. */
export function readableFences(fences: unknown): readonly Fence[] {
  const all: unknown[] = Array.isArray(fences) ? fences : [];
  return all.filter((fence): fence is Fence => fenceSchema.safeParse(fence).success);
}

export function isReadableLead(lead: unknown): lead is Lead {
  return leadSchema.safeParse(lead).success;
}

/** A row that cannot be read as it is kept: nothing of it is lost, and it is counted. */
export function unreadable(row: PendingRow, now: number): ParkedRow {
  return { ...row, reason: 'unreadable', parkedAt: new Date(now).toISOString() };
}
