import type { Lead } from 'leadbox';
import { textIn, titleOf } from './lead-fields.ts';

/** What a lead is found and ordered by. */
export interface LeadKeys {
  readonly search: string;
  readonly order: string;
}

// A lead keeps its identity while nothing about it changes, so its keys are made once.
const made = new WeakMap<Lead, LeadKeys>();

export function leadKeys(lead: Lead): LeadKeys {
  const known = made.get(lead);
  if (known) return known;
  const search = folded(`${textIn(lead, 'name')} ${textIn(lead, 'company')} ${textIn(lead, 'email')}`);
  const keys = { search, order: `${folded(titleOf(lead))} ${lead.id}` };
  made.set(lead, keys);
  return keys;
}

/** Without case and accents. */
export function folded(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase();
}
