import type { DraftLead, JsonValue, Lead, LeadPatch } from 'leadbox';

/** A field of the form: where its text comes from, and what an edit of it does. */
export interface LeadField {
  readonly name: string;
  readonly path: readonly [Section, string];
  readonly label: string;
  readonly kind: 'text' | 'email' | 'tel' | 'number' | 'status' | 'notes';
  readonly read: (lead: Lead) => JsonValue | undefined;
  /** Null clears the field. */
  readonly write: (draft: DraftLead, value: FieldValue) => void;
  /** The same in the patch of an edit that was refused. */
  readonly amend: (patch: LeadPatch, value: FieldValue) => void;
}

/** What a field sets; null clears it. */
export type FieldValue = string | number | null;

type Section = 'properties' | 'location' | 'summary';

export const leadFields: readonly LeadField[] = [
  field('properties', 'name', 'Name'),
  field('properties', 'company', 'Company'),
  field('properties', 'email', 'Email', 'email'),
  field('properties', 'phone', 'Phone', 'tel'),
  field('properties', 'status', 'Status', 'status'),
  field('properties', 'score', 'Score', 'number'),
  field('location', 'city', 'City'),
  field('location', 'country', 'Country'),
  field('summary', 'notes', 'Notes', 'notes'),
];

/** What the stand-in knows; another value that a lead has is offered too. */
export const statuses = ['new', 'contacted', 'qualified', 'won', 'lost'] as const;

function field(section: Section, name: string, label: string, kind: LeadField['kind'] = 'text'): LeadField {
  return {
    ...{ name, label, kind, path: [section, name] },
    read: (lead) => lead[section]?.[name],
    write(draft, value) {
      draft[section][name] = value;
    },
    amend(patch, value) {
      patch[section] = { ...patch[section], [name]: value };
    },
  };
}

export function fieldAt(path: readonly string[]): LeadField | undefined {
  return leadFields.find(
    (known) => known.path.length === path.length && known.path.every((key, at) => key === path[at]),
  );
}

/** A value as a field shows it. Sections are open: whatever is in them can be shown. */
export function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The field's text; an empty one counts as none. */
export function textIn(lead: Lead, name: string): string {
  const known = leadFields.find((candidate) => candidate.name === name);
  return known ? textOf(known.read(lead)) : '';
}

/** What to call a lead that may lack a name. */
export function titleOf(lead: Lead): string {
  return textIn(lead, 'name') || textIn(lead, 'company') || textIn(lead, 'email') || lead.code || 'Lead without a name';
}
