import { freeze } from 'immer';
import { jsonEqual } from '../model/json.ts';
import type { Lead } from '../model/lead.ts';
import type { Database } from '../storage/database.ts';
import { type LeadQuery, readQuery } from '../storage/read-leads.ts';
import type { Layers } from './layers.ts';
import type { Watchable } from './live.ts';

/**
 * The result of a query. Every change asks the query again, but only for its ids: leads that are held and did not change
 * are not read.
 */
export function liveQuery(query: LeadQuery, database: Database, layers: Layers): Watchable<readonly Lead[]> {
  let held = new Map<string, Lead>();

  return {
    concerns: () => true,
    async read(changed) {
      const isWanted = changed && ((id: string) => changed.has(id) || !held.has(id));
      const { ids, leads } = await readQuery(database, query, isWanted);
      const read = new Map(leads.map((lead) => [lead.id, lead]));
      const next = ids.map((id): [string, Lead] => {
        const before = held.get(id) as Lead; // what is not held was read
        const now = read.get(id) ?? before;
        return [id, before && jsonEqual(before, now) ? before : freeze(now, true)];
      });
      held = new Map(next);
    },
    view(readAt, previous) {
      const layered = layers.leadIds(readAt);
      let found: ReadonlyMap<string, Lead> | undefined;
      const byId = () => {
        found ??= new Map(previous?.map((lead) => [lead.id, lead]));
        return found;
      };
      let isSame = held.size === previous?.length;
      const leads = [...held.values()].map((lead, index) => {
        const now = layered.has(lead.id) ? layers.over(lead, readAt) : lead;
        const there = previous?.[index];
        const before = there?.id === now.id ? there : byId().get(now.id);
        isSame &&= before === there;
        if (before === now) return now;
        if (before && jsonEqual(before, now)) {
          // Hold the very object that is shown, so that the next comparison ends at once.
          if (now === lead) held.set(now.id, before);
          return before;
        }
        isSame = false;
        return freeze(now, true);
      });
      return previous && isSame ? previous : Object.freeze(leads);
    },
    find: (leads, leadId) => (held.has(leadId) ? leads.find(({ id }) => id === leadId) : undefined),
  };
}
