import type { Lead } from 'leadbox';
import { leadKeys } from './lead-keys.ts';

/** Orders leads by name, again and again: an edit of something else than a name costs no sorting. */
export function createNameOrder(): (leads: readonly Lead[]) => readonly Lead[] {
  let given: readonly Lead[] = [];
  let ordered: readonly Lead[] = [];
  let places: ReadonlyMap<string, number> = new Map();

  return (leads) => {
    const changed = leads.filter((lead, index) => lead !== given[index]);
    const staysInPlace = (lead: Lead) => {
      const before = ordered[places.get(lead.id) ?? -1];
      return before !== undefined && leadKeys(before).order === leadKeys(lead).order;
    };
    if (leads.length === given.length && changed.length < 100 && changed.every(staysInPlace)) {
      const next = [...ordered];
      for (const lead of changed) next[places.get(lead.id) ?? 0] = lead;
      ordered = next;
    } else {
      ordered = [...leads].sort(byName);
      places = new Map(ordered.map(({ id }, index) => [id, index]));
    }
    given = leads;
    return ordered;
  };
}

function byName(one: Lead, other: Lead): number {
  const [a, b] = [leadKeys(one).order, leadKeys(other).order];
  return a < b ? -1 : a > b ? 1 : 0;
}
