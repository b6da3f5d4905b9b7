import type { JsonObject, JsonValue } from './json.ts';

/** The members of a lead that can be edited; the rest is the server's. */
export const editableMembers = ['properties', 'location', 'summary', 'company_id'] as const;
/** The editable members that hold open JSON objects. */
export const sectionNames = ['properties', 'location', 'summary'] as const;
export type SectionName = (typeof sectionNames)[number];

/** Zod schemas (zod or zod/mini) for the open sections. */
export interface SectionSchemas {
  properties?: ZodSchema;
  location?: ZodSchema;
  summary?: ZodSchema;
}
/** Sections without schemas: open JSON objects. */
export type OpenSections = Record<never, never>;
/** What identifies a schema of zod 4, classic or mini. */
export type ZodSchema = { readonly _zod: { readonly output: unknown } };

interface LeadFields {
  readonly id: string;
  readonly visitor_id: string | null;
  readonly workspace_id: string;
  readonly code: string | null;
  readonly source: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly identity_id: string | null;
  readonly session_id: string | null;
  readonly company_id: string | null;
}

/** A lead as the API gives it. Members that the API adds later pass through untouched. */
export interface Lead<S = OpenSections> extends LeadFields {
  readonly properties: ViewSection<S, 'properties'> | null;
  readonly location: ViewSection<S, 'location'> | null;
  readonly summary: ViewSection<S, 'summary'> | null;
  readonly [later: string]: unknown;
}

/** A lead inside a recipe: sections are never null there and can be changed in place, and so can `company_id`; the rest is readonly. */
export type DraftLead<S = OpenSections> = Omit<LeadFields, 'company_id'> & { company_id: string | null } & {
  get properties(): DraftSection<S, 'properties'>;
  set properties(value: DraftSection<S, 'properties'> | null);
  get location(): DraftSection<S, 'location'>;
  set location(value: DraftSection<S, 'location'> | null);
  get summary(): DraftSection<S, 'summary'>;
  set summary(value: DraftSection<S, 'summary'> | null);
};

/** A JSON Merge Patch (RFC 7396) of a lead: null clears, a missing member stays. */
export type LeadPatch<S = OpenSections> = {
  company_id?: string | null;
  properties?: PatchOf<PatchSection<S, 'properties'>> | null;
  location?: PatchOf<PatchSection<S, 'location'>> | null;
  summary?: PatchOf<PatchSection<S, 'summary'>> | null;
};

/** JSON that a recipe may change in place. */
export type MutableJson = null | boolean | number | string | MutableJson[] | { [key: string]: MutableJson };

type SchemaOutput<S, K extends SectionName, Otherwise> = S extends { [P in K]: { _zod: { output: infer T } } }
  ? T
  : Otherwise;
type PatchSection<S, K extends SectionName> = SchemaOutput<S, K, { [key: string]: JsonValue }>;
type DraftSection<S, K extends SectionName> = SchemaOutput<S, K, { [key: string]: MutableJson }>;
type ViewSection<S, K extends SectionName> = S extends { [P in K]: { _zod: { output: infer T } } }
  ? Frozen<T>
  : JsonObject;
type PatchOf<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]?: PatchOf<T[K]> | null } : T;
type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;

/** What the store and the wire hold of a lead: the same object, seen as JSON. */
export function asJson(lead: Lead): JsonObject {
  return lead as unknown as JsonObject; // a Lead comes from JSON or was checked to be JSON; its index signature hides that
}
