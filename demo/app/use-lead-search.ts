import type { Lead } from 'leadbox';
import { useLeads } from 'leadbox/react';
import { useDeferredValue, useMemo, useState } from 'react';
import { folded, leadKeys } from './lead-keys.ts';
import { createNameOrder } from './name-order.ts';

export interface FoundLeads {
  /** By name. undefined while they are being read. */
  readonly leads: readonly Lead[] | undefined;
  /** Whether these are all, and not only the first screen of them. */
  readonly isWhole: boolean;
}

const screenful = 40;

/** Leads of a status, '' for all, whose name, company or email holds every word. */
export function useLeadSearch(text: string, status: string): FoundLeads {
  // Thousands take a moment to read when the page opens. The index gives the first screen of them at once.
  const [isWhole, setIsWhole] = useState(false);
  const first = useLeads((all) => all.orderBy('properties.name').limit(isWhole ? 0 : screenful), [isWhole]);
  const leads = useLeads(
    (all) => (status === '' ? all.toCollection() : all.where('properties.status').equals(status)),
    [status],
  );
  if (leads && !isWhole) setIsWhole(true);
  const [inOrder] = useState(createNameOrder);
  // Ordering and searching give way to typing, in the search as in the form.
  const whole = useDeferredValue(leads);
  const latest = whole ?? first;
  const words = useDeferredValue(text);
  const ordered = useMemo(() => latest && inOrder(latest), [latest, inOrder]);
  const found = useMemo(() => ordered && matching(ordered, words), [ordered, words]);
  return { leads: found, isWhole: whole !== undefined };
}

function matching(leads: readonly Lead[], text: string): readonly Lead[] {
  const words = folded(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) return leads;
  return leads.filter((lead) => {
    const { search } = leadKeys(lead);
    return words.every((word) => search.includes(word));
  });
}
