import { freeze } from 'immer';
import { coalesced } from '../model/coalesced.ts';
import { jsonEqual } from '../model/json.ts';
import type { Lead } from '../model/lead.ts';
import { type LeadQuery, readQuery, readQueryAgain } from '../storage/read-leads.ts';
import type { Live, LiveParts } from './live.ts';
import type { Source } from './observable.ts';

// Above this many leads to read again, reading the whole result is quicker than picking.
const many = 200;

/**
 * The result of a query, kept up to date for its observers. Every change asks the query again, but only for its ids:
 * leads that are held and did not change are not read.
 */
export function liveQuery(
  query: LeadQuery,
  { database, uncommitted }: LiveParts,
  source: Source<readonly Lead[]>,
): Live {
  const held = new Map<string, Lead>();
  let ids: readonly string[] = [];
  /** Held leads to read again; undefined: all. */
  let stale: Set<string> | undefined;
  /** Leads stored since the read under way began: newer than what it will give (R23). */
  const newer = new Set<string>();

  /** The lead as its observers see it; what equals `previous` keeps its identity (R58). */
  const view = (stored: Lead, previous: Lead | undefined): Lead => {
    const now = uncommitted.over(stored);
    if (!previous || !jsonEqual(previous, now)) return freeze(now, true);
    // Stand on the very object that is shown, so that the next comparison ends at once.
    if (now === stored) held.set(stored.id, previous);
    return previous;
  };

  const show = () => {
    const before = source.latest?.value;
    const shown = new Map(before?.map((lead) => [lead.id, lead]));
    const leads = ids.flatMap((id) => {
      const stored = held.get(id);
      return stored ? [view(stored, shown.get(id))] : [];
    });
    const isSame = leads.length === before?.length && leads.every((lead, index) => lead === before[index]);
    if (!isSame) source.next(Object.freeze(leads));
  };

  const showOne = (id: string) => {
    const stored = held.get(id);
    const leads = source.latest?.value.slice();
    const index = leads?.findIndex((lead) => lead.id === id) ?? -1;
    if (!stored || !leads || index < 0) return;
    const now = view(stored, leads[index]);
    if (now === leads[index]) return;
    leads[index] = now;
    source.next(Object.freeze(leads));
  };

  const read = coalesced(async () => {
    const wanted = stale;
    stale = new Set();
    newer.clear();
    try {
      const found =
        wanted && wanted.size < many
          ? await readQueryAgain(database, query, (id) => wanted.has(id) || !held.has(id))
          : await readQuery(database, query);
      ids = found.ids;
      for (const lead of found.leads) if (!newer.has(lead.id)) held.set(lead.id, lead);
      const members = new Set(ids);
      for (const id of held.keys()) if (!members.has(id)) held.delete(id);
      show();
    } catch (error) {
      source.end({ error });
    }
  });

  return {
    shown(id) {
      const stored = source.latest && held.get(id);
      return stored && uncommitted.over(stored);
    },
    show: showOne,
    stored({ lead }) {
      if (held.has(lead.id)) held.set(lead.id, lead);
      // Membership and order follow the commit (R68).
      void read();
      newer.add(lead.id);
    },
    changed(leadIds) {
      if (!leadIds) stale = undefined;
      for (const id of leadIds ?? []) stale?.add(id);
      void read();
    },
    end: source.end,
  };
}
