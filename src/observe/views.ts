import type { Layer, LeadState } from '../model/edit.ts';
import type { JsonObject } from '../model/json.ts';
import type { Lead } from '../model/lead.ts';
import type { Database } from '../storage/database.ts';
import { type LeadQuery, readLead, type StoredChange } from '../storage/read-leads.ts';
import type { Live, LiveParts } from './live.ts';
import { leadState, liveLead } from './live-lead.ts';
import { liveQuery } from './live-query.ts';
import { createSource, type Observable, type Source } from './observable.ts';
import { createUncommitted } from './uncommitted.ts';

/** What observers of leads see: the stored views with the uncommitted edits over them. */
export interface Views {
  observe(id: string): Observable<LeadState | undefined>;
  observeAll(query: LeadQuery): Observable<readonly Lead[]>;
  /** As stored now, with the uncommitted edits; undefined if it is not cached. */
  read(id: string): Promise<LeadState | undefined>;
  /** The lead as observers see it; undefined if nobody in this tab watches it. */
  shown(id: string): Lead | undefined;
  /** Shows an edit before it is stored: observers see it before this returns (R3). */
  show(leadId: string, patch: JsonObject): Layer;
  /** Takes back, in one step, what could not be stored. */
  takeBack(layer: Layer): void;
  /** A transaction of this tab left these leads like this, and these layers are part of it or came to nothing. */
  stored(changes: readonly StoredChange[], layers: readonly Layer[]): void;
  /** These leads changed, or may have, in a way this tab does not know; undefined: any. */
  changed(leadIds: readonly string[] | undefined): void;
  end(): void;
}

export function createViews(database: Database, reportError: (error: unknown) => void): Views {
  const uncommitted = createUncommitted();
  const parts = { database, uncommitted };
  const lives = new Set<Live>();

  const watched = <K, T>(what: K, live: (what: K, parts: LiveParts, source: Source<T>) => Live): Observable<T> => {
    let own: Live | undefined;
    const source = createSource<T>((isWatched) => {
      if (own) lives.delete(own);
      if (!isWatched) return;
      own = live(what, parts, source);
      lives.add(own);
      own.changed(undefined);
    }, reportError);
    return source;
  };

  const showAll = (leadIds: readonly string[]) => {
    for (const leadId of new Set(leadIds)) for (const live of [...lives]) live.show(leadId);
  };

  return {
    observe: (id) => watched(id, liveLead),
    observeAll: (query) => watched(query, liveQuery),
    async read(id) {
      const stored = await readLead(database, id);
      return stored && leadState(stored, uncommitted);
    },
    shown(id) {
      for (const live of lives) {
        const lead = live.shown(id);
        if (lead) return lead;
      }
      return undefined;
    },
    show(leadId, patch) {
      const layer = { leadId, patch };
      uncommitted.add(layer);
      showAll([leadId]);
      return layer;
    },
    takeBack(layer) {
      uncommitted.remove([layer]);
      showAll([layer.leadId]);
    },
    stored(changes, layers) {
      uncommitted.remove(layers);
      // All is taken in before anybody is told: an observer may change things again.
      for (const live of lives) for (const change of changes) live.stored(change);
      showAll([...changes.map(({ lead }) => lead.id), ...layers.map(({ leadId }) => leadId)]);
    },
    changed(leadIds) {
      for (const live of [...lives]) live.changed(leadIds);
    },
    end() {
      for (const live of [...lives]) live.end();
    },
  };
}
