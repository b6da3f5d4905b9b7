import * as z from 'zod/mini';
import { isJsonObject, type JsonObject, type JsonValue, maxDepth, toJson } from './json.ts';
import type { Lead } from './lead.ts';
import { LeadboxError } from './leadbox-error.ts';

const section = z.nullable(z.custom<JsonObject>(isJsonObject));
/** Ids of leads are UUIDs (R8). */
export const leadIdSchema: z.ZodMiniType<string, unknown> = z.guid();
const instant = z.string().check(z.refine((text) => Date.parse(text) >= 0));
const text = z.optional(z.nullable(z.string()));

/**
 * A lead as the API documents it. Members it does not name pass through. What the library itself relies on must be
 * there; the server's other members may be missing, so that an API that drops one does not stop every edit.
 */
export const leadSchema: z.ZodMiniType<Lead, unknown> = z.looseObject({
  id: leadIdSchema,
  workspace_id: z.string(),
  created_at: instant,
  updated_at: instant,
  visitor_id: text,
  code: text,
  source: text,
  identity_id: text,
  session_id: text,
  company_id: z.nullable(z.string()),
  properties: section,
  location: section,
  summary: section,
}) as unknown as z.ZodMiniType<Lead, unknown>; // Lead is this, with the members that may be missing typed as documented

/** An answer to PATCH /leads/<id> and GET /leads/<id>. */
export const leadAnswerSchema: z.ZodMiniType<{ data: Lead }, unknown> = z.looseObject({ data: leadSchema });

/** An answer to GET /leads. */
export const leadPageSchema: z.ZodMiniType<LeadPage, unknown> = z.looseObject({
  data: z.array(leadSchema),
  pagination: z.looseObject({ total: z.number() }),
});

/** One page of GET /leads. */
export interface LeadPage {
  readonly data: readonly Lead[];
  readonly pagination: { readonly total: number };
}

/** What the API says about a refusal. Every member may be missing: a proxy in between may answer in its own way. */
export const errorBodySchema: z.ZodMiniType<ErrorBody, unknown> = z.looseObject({
  error: z.optional(z.string()),
  message: z.optional(z.string()),
  retry_after: z.optional(z.number()),
});

export interface ErrorBody {
  readonly error?: string | undefined;
  readonly message?: string | undefined;
  readonly retry_after?: number | undefined;
}

/** A JSON Merge Patch of a lead's editable members: what the API takes as a body. */
export const leadPatchSchema: z.ZodMiniType<object, unknown> = z.strictObject({
  company_id: z.optional(z.nullable(leadIdSchema)),
  properties: z.optional(section),
  location: z.optional(section),
  summary: z.optional(section),
});

/**
 * Refuses what does not name a lead by its form: nothing but a UUID ever becomes part of a URL (R8).
 * @throws LeadboxError 'invalid-lead-id'.
 */
export function checkLeadId(id: unknown): void {
  if (leadIdSchema.safeParse(id).success) return;
  throw new LeadboxError('invalid-lead-id', 'A lead id is a UUID. Pass the `id` of a lead that the API returned.');
}

/**
 * What came from outside, as plain JSON that fits the schema. As it came and not as zod copies it: what the schema does
 * not name stays where it was. Else undefined; `onIssue` is told where and what first.
 */
export function checked<T>(
  schema: z.ZodMiniType<T, unknown>,
  value: unknown,
  onIssue?: (path: readonly string[], problem: string) => never,
): T | undefined {
  let json: JsonValue;
  try {
    // An answer wraps what an edit was allowed to hold.
    json = toJson(value, [], 'omit', maxDepth + 10);
  } catch (error) {
    return onIssue?.((error as LeadboxError).path ?? [], 'JSON cannot carry it'); // toJson throws nothing else
  }
  const issue = schema.safeParse(json).error?.issues[0];
  // Only what was expected: what was found is nobody's business.
  if (issue) return onIssue?.(issue.path.map(String), 'expected' in issue ? `expected ${issue.expected}` : issue.code);
  return json as T; // the schema just said so
}

/**
 * The given leads as plain JSON, each checked; `from` is the index of the first.
 * @throws LeadboxError 'invalid-lead', its path beginning with the index of the first lead that is none.
 */
export function checkedLeads(leads: readonly unknown[], from = 0): readonly Lead[] {
  return leads.map((given: unknown, index) => {
    const lead = checked(leadSchema, given, (path, problem) => {
      const where = [`${from + index}`, ...path];
      const message = `Not a lead of the API at ${where.join('.')}: ${problem}. None of these leads was taken.`;
      throw new LeadboxError('invalid-lead', message, { path: where });
    });
    return lead as Lead; // onIssue throws where there is none
  });
}
