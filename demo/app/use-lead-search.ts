import type { Lead } from 'leadbox';
import { useLeads } from 'leadbox/react';
import { useDeferredValue, useMemo } from 'react';
import { textIn, titleOf } from './lead-fields.ts';

/** Leads of a status, '' for all, whose name, company or email holds every word; by name. undefined while being read. */
export function useLeadSearch(text: string, status: string): readonly Lead[] | undefined {
  const leads = useLeads(
    (all) => (status === '' ? all.toCollection() : all.where('properties.status').equals(status)),
    [status],
  );
  // Filtering gives way to typing, in the search as in the form.
  const found = useDeferredValue(leads);
  const words = useDeferredValue(text);
  return useMemo(() => found && sortedByName(matching(found, words)), [found, words]);
}

function matching(leads: readonly Lead[], text: string): readonly Lead[] {
  const words = folded(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) return leads;
  return leads.filter((lead) => {
    const { search } = keysOf(lead);
    return words.every((word) => search.includes(word));
  });
}

function sortedByName(leads: readonly Lead[]): readonly Lead[] {
  return [...leads].sort((one, other) => {
    const [a, b] = [keysOf(one).order, keysOf(other).order];
    return a < b ? -1 : a > b ? 1 : 0;
  });
}

interface Keys {
  readonly search: string;
  readonly order: string;
}

// A lead keeps its identity while nothing about it changes, so its keys are made once.
const keys = new WeakMap<Lead, Keys>();

function keysOf(lead: Lead): Keys {
  const known = keys.get(lead);
  if (known) return known;
  const search = folded(`${textIn(lead, 'name')} ${textIn(lead, 'company')} ${textIn(lead, 'email')}`);
  const made = { search, order: `${folded(titleOf(lead))} ${lead.id}` };
  keys.set(lead, made);
  return made;
}

/** Without case and accents. */
function folded(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase();
}
