import { freeze } from 'immer';
import { keepIdentity } from '../model/difference.ts';
import type { Lead } from '../model/lead.ts';
import type { Database } from '../storage/database.ts';
import { type LeadQuery, readQuery, readQueryAgain } from '../storage/read-leads.ts';
import { createSource, type Observable, type Source } from './observable.ts';
import type { Uncommitted } from './uncommitted.ts';

/** Observers of queries, and the stored views they stand on. */
export interface QueryObservers {
  observe(query: LeadQuery): Observable<readonly Lead[]>;
  /** What an observer of some query shows of the lead; undefined if none has it. */
  shown(id: string): Lead | undefined;
  /** The lead's layers changed: observers that show it see the new view before this returns (R68). */
  show(id: string): void;
  /** A transaction of this tab left the lead like this. Membership and order follow `rerun`. */
  stored(id: string, lead: Lead): void;
  /** Leads changed, or may have; undefined: any. The queries are asked again, and these leads read again. */
  rerun(changed: readonly string[] | undefined): void;
  complete(): void;
}

interface Watched {
  readonly query: LeadQuery;
  readonly source: Source<readonly Lead[]>;
  ids: readonly string[];
  /** The stored views of `ids`. */
  readonly stored: Map<string, Lead>;
  /** Leads that were stored since the run under way began to read. */
  readonly newer: Set<string>;
  /** Leads to read again at the next run. */
  readonly stale: Set<string>;
  allStale: boolean;
  running: boolean;
  again: boolean;
}

// Above this many, reading the whole result is quicker than picking.
const manyStale = 200;

export function createQueryObservers(
  database: Database,
  uncommitted: Uncommitted,
  reportError: (error: unknown) => void,
): QueryObservers {
  const watched = new Set<Watched>();

  /** The lead as its observers see it; what equals `previous` keeps its identity (R58). */
  const shownLead = (entry: Watched, stored: Lead, previous: Lead | undefined): Lead => {
    const lead = freeze(keepIdentity(previous, uncommitted.over(stored)), true);
    // Equal to what is stored: stand on it, so that the next comparison ends at once.
    if (uncommitted.count(lead.id) === 0) entry.stored.set(lead.id, lead);
    return lead;
  };

  const emit = (entry: Watched) => {
    const previous = entry.source.latest?.value ?? [];
    const before = new Map(previous.map((lead) => [lead.id, lead]));
    const leads = entry.ids.flatMap((id) => {
      const stored = entry.stored.get(id);
      return stored ? [shownLead(entry, stored, before.get(id))] : [];
    });
    const isSame = leads.length === previous.length && leads.every((lead, index) => lead === previous[index]);
    entry.source.next(entry.source.latest && isSame ? previous : Object.freeze(leads));
  };

  /** One lead of the result, without looking at the others. */
  const emitOne = (entry: Watched, id: string) => {
    const previous = entry.source.latest?.value;
    const stored = entry.stored.get(id);
    const index = previous?.findIndex((lead) => lead.id === id) ?? -1;
    if (!previous || !stored || index < 0) return;
    const lead = shownLead(entry, stored, previous[index]);
    if (lead === previous[index]) return;
    const leads = previous.slice();
    leads[index] = lead;
    entry.source.next(Object.freeze(leads));
  };

  const readAll = async (entry: Watched) => {
    const leads = await readQuery(database, entry.query);
    take(entry, leads);
    entry.ids = leads.map((lead) => lead.id);
  };

  const readStale = async (entry: Watched, stale: ReadonlySet<string>) => {
    const isWanted = (id: string) => stale.has(id) || !entry.stored.has(id);
    const { ids, leads } = await readQueryAgain(database, entry.query, isWanted);
    take(entry, leads);
    entry.ids = ids;
  };

  /** A lead that was stored since the read began is newer than what was read (R23); it is read again next. */
  const take = (entry: Watched, leads: readonly Lead[]) => {
    for (const lead of leads) if (!entry.newer.has(lead.id)) entry.stored.set(lead.id, lead);
  };

  const run = async (entry: Watched) => {
    if (entry.running) {
      entry.again = true;
      return;
    }
    entry.running = true;
    try {
      do {
        entry.again = false;
        const stale = new Set(entry.stale);
        const all = entry.allStale || stale.size > manyStale;
        entry.stale.clear();
        entry.allStale = false;
        entry.newer.clear();
        await (all ? readAll(entry) : readStale(entry, stale));
        if (!watched.has(entry)) return;
        const members = new Set(entry.ids);
        for (const id of entry.stored.keys()) if (!members.has(id)) entry.stored.delete(id);
        emit(entry);
      } while (entry.again);
    } catch (error) {
      entry.source.fail(error);
    } finally {
      entry.running = false;
    }
  };

  return {
    observe(query) {
      const source: Source<readonly Lead[]> = createSource({
        onWatched() {
          watched.add(entry);
          entry.allStale = true;
          void run(entry);
        },
        onUnwatched() {
          watched.delete(entry);
        },
        reportError,
      });
      const entry: Watched = {
        ...{ query, source, ids: [], stored: new Map(), newer: new Set(), stale: new Set() },
        ...{ allStale: true, running: false, again: false },
      };
      return source.observable;
    },
    shown(id) {
      for (const { source, stored } of watched) {
        const lead = stored.get(id);
        if (source.latest && lead) return uncommitted.over(lead);
      }
      return undefined;
    },
    show(id) {
      for (const entry of [...watched]) emitOne(entry, id);
    },
    stored(id, lead) {
      for (const entry of [...watched]) {
        if (!entry.stored.has(id)) continue;
        entry.newer.add(id);
        entry.stored.set(id, lead);
        emitOne(entry, id);
      }
    },
    rerun(changed) {
      for (const entry of [...watched]) {
        if (changed) for (const id of changed) entry.stale.add(id);
        else entry.allStale = true;
        void run(entry);
      }
    },
    complete() {
      for (const { source } of [...watched]) source.complete();
    },
  };
}
