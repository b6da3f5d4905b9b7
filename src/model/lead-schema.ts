import * as z from 'zod/mini';
import { isJsonObject, isWithinDepth, type JsonObject, type JsonValue, toJson } from './json.ts';
import type { Lead } from './lead.ts';
import { isLeadboxError, LeadboxError } from './leadbox-error.ts';

const section = z.nullable(z.custom<JsonObject>(isJsonObject, 'expected an object or null'));
const instant = z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)), 'expected a date and time'));
const text = z.optional(z.nullable(z.string()));

/**
 * A lead as the API documents it. Members it does not name pass through. What the library itself relies on must be
 * there; the server's other members may be missing, so that an API that drops one does not stop every edit.
 */
export const leadSchema: z.ZodMiniType<Lead, unknown> = z.pipe(
  z.looseObject({
    id: z.guid(),
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
  }),
  z.custom<Lead>((lead) => isWithinDepth(lead), 'nested too deeply'),
);

/** An answer to PATCH /leads/<id> and GET /leads/<id>. */
export const leadAnswerSchema: z.ZodMiniType<{ data: Lead }, unknown> = z.looseObject({ data: leadSchema });

/** An answer to GET /leads. */
export const leadPageSchema: z.ZodMiniType<LeadPage, unknown> = z.looseObject({
  data: z.array(leadSchema),
  pagination: z.looseObject({ limit: z.number(), offset: z.number(), total: z.number() }),
});

/** One page of GET /leads. */
export interface LeadPage {
  readonly data: readonly Lead[];
  readonly pagination: { readonly limit: number; readonly offset: number; readonly total: number };
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
export const leadPatchSchema: z.ZodMiniType<JsonObject, unknown> = z.pipe(
  z.strictObject({
    company_id: z.optional(z.nullable(z.guid())),
    properties: z.optional(section),
    location: z.optional(section),
    summary: z.optional(section),
  }),
  z.custom<JsonObject>((patch) => isJsonObject(patch) && isWithinDepth(patch), 'nested too deeply'),
);

/** Whether `id` names a lead, by its form: a UUID. Nothing else ever becomes part of a URL. */
export function isLeadId(id: unknown): id is string {
  return z.guid().safeParse(id).success;
}

/**
 * The given leads as plain JSON, each checked.
 * @throws LeadboxError 'invalid-lead', its path beginning with the index of the first lead that is none.
 */
export function checkedLeads(leads: readonly unknown[]): readonly Lead[] {
  return leads.map((given, index) => {
    const lead = jsonLead(given, index);
    const checked = leadSchema.safeParse(lead);
    // As it came, not zod's copy: what the schema does not name stays where it was.
    if (checked.success) return lead as unknown as Lead;
    const { path, message } = issueOf(checked.error);
    throw invalidLead([String(index), ...path], message);
  });
}

function jsonLead(given: unknown, index: number): JsonValue {
  try {
    return toJson(given, [String(index)]);
  } catch (error) {
    if (isLeadboxError(error, 'not-json')) throw invalidLead(error.path ?? [], 'JSON cannot carry it');
    throw error;
  }
}

function invalidLead(path: readonly string[], problem: string): LeadboxError {
  return new LeadboxError(
    'invalid-lead',
    `Not a lead of the API at ${path.join('.')}: ${problem}. None of the leads was stored.`,
    { path },
  );
}

/** The first thing zod found wrong, without the value that it found. */
export function issueOf(error: z.core.$ZodError): { readonly path: readonly string[]; readonly message: string } {
  const issue = error.issues[0];
  const message = issue?.code === 'invalid_type' ? `expected ${issue.expected}` : (issue?.code ?? 'invalid');
  return { path: issue?.path.map(String) ?? [], message };
}
