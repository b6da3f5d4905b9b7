import { freeze } from 'immer';
import { keepIdentity } from '../model/difference.ts';
import type { LeadState } from '../model/edit.ts';
import type { Lead } from '../model/lead.ts';
import type { Database } from '../storage/database.ts';
import { type ReadLead, readLead } from '../storage/read-leads.ts';
import { createSource, type Observable, type Source } from './observable.ts';
import type { Uncommitted } from './uncommitted.ts';

/** Observers of single leads, and the stored state they stand on. */
export interface LeadObservers {
  observe(id: string): Observable<LeadState | undefined>;
  /** What observers of the lead see now; undefined if there are none or they have had no value yet. */
  shown(id: string): Lead | undefined;
  /** The lead's layers changed: its observers see the new view before this returns. */
  show(id: string): void;
  /** A transaction of this tab left the lead like this; counts are as given or grow by the given number. */
  stored(id: string, change: StoredChange): void;
  /** Somebody else changed the lead, or may have. */
  reread(id: string): void;
  ids(): readonly string[];
  complete(): void;
}

export interface StoredChange {
  readonly lead: Lead;
  readonly base: Lead;
  readonly pending: number | { readonly more: number };
  readonly parkedMore: number;
}

interface Watched {
  readonly source: Source<LeadState | undefined>;
  stored: ReadLead | undefined;
  /** Grows with every stored change, so that a read that began before it is recognised as old (R23). */
  version: number;
  reading: boolean;
}

export function createLeadObservers(
  database: Database,
  uncommitted: Uncommitted,
  reportError: (error: unknown) => void,
): LeadObservers {
  const watched = new Map<string, Watched>();

  const emit = (entry: Watched) => {
    const previous = entry.source.latest?.value;
    entry.source.next(entry.stored && leadState(entry.stored, uncommitted, previous));
  };

  const read = async (id: string, entry: Watched) => {
    entry.version++;
    if (entry.reading) return; // it will see that it is old, and read again
    entry.reading = true;
    try {
      let version: number;
      let stored: ReadLead | undefined;
      do {
        version = entry.version;
        stored = await readLead(database, id);
      } while (version !== entry.version);
      entry.stored = stored;
      if (watched.get(id) === entry) emit(entry);
    } catch (error) {
      if (watched.get(id) === entry) entry.source.fail(error);
    } finally {
      entry.reading = false;
    }
  };

  const watch = (id: string): Watched => {
    const source: Source<LeadState | undefined> = createSource({
      onWatched() {
        watched.set(id, entry);
        void read(id, entry);
      },
      onUnwatched() {
        watched.delete(id);
      },
      reportError,
    });
    const entry: Watched = { source, stored: undefined, version: 0, reading: false };
    return entry;
  };

  return {
    observe(id) {
      const own = watch(id);
      // All observers of a lead share one source, whoever asked first.
      return {
        ...own.source.observable,
        subscribe: (observer) => (watched.get(id) ?? own).source.observable.subscribe(observer),
      };
    },
    shown: (id) => watched.get(id)?.source.latest?.value?.lead,
    show(id) {
      const entry = watched.get(id);
      if (entry?.source.latest) emit(entry);
    },
    stored(id, { lead, base, pending, parkedMore }) {
      const entry = watched.get(id);
      if (!entry) return;
      entry.version++;
      if (!entry.stored) return; // being read: it will be read again
      entry.stored = {
        lead,
        base,
        pending: typeof pending === 'number' ? pending : entry.stored.pending + pending.more,
        parked: entry.stored.parked + parkedMore,
      };
      emit(entry);
    },
    reread(id) {
      const entry = watched.get(id);
      if (entry) void read(id, entry);
    },
    ids: () => [...watched.keys()],
    complete() {
      for (const { source } of [...watched.values()]) source.complete();
    },
  };
}

/** The state to show; what equals the previous one keeps its identity (R58). */
export function leadState(stored: ReadLead, uncommitted: Uncommitted, previous?: LeadState): LeadState {
  const pending = stored.pending + uncommitted.count(stored.lead.id);
  const lead = freeze(keepIdentity(previous?.lead, uncommitted.over(stored.lead)), true);
  const server = pending === 0 ? lead : freeze(keepIdentity(previous?.server, stored.base), true);
  const { parked } = stored;
  const isSame =
    previous?.lead === lead && previous.server === server && previous.pending === pending && previous.parked === parked;
  return isSame ? previous : Object.freeze({ lead, server, pending, parked });
}
