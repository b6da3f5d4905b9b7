import type { Layer, LeadState } from '../model/edit.ts';
import type { JsonObject } from '../model/json.ts';
import type { Lead } from '../model/lead.ts';
import type { Database } from '../storage/database.ts';
import { type LeadQuery, readLead } from '../storage/read-leads.ts';
import { createLeadObservers, leadState, type StoredChange } from './lead-observers.ts';
import type { Observable } from './observable.ts';
import { createQueryObservers } from './query-observers.ts';
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
  /** A transaction of this tab left these leads like this, and these layers are part of it. */
  stored(changes: ReadonlyMap<string, StoredChange>, layers: readonly Layer[]): void;
  /** These leads changed in a way this tab does not know; undefined: any may have. */
  changed(leadIds: readonly string[] | undefined): void;
  complete(): void;
}

export function createViews(database: Database, reportError: (error: unknown) => void): Views {
  const uncommitted = createUncommitted();
  const leads = createLeadObservers(database, uncommitted, reportError);
  const queries = createQueryObservers(database, uncommitted, reportError);

  const showAgain = (leadId: string) => {
    leads.show(leadId);
    queries.show(leadId);
  };

  return {
    observe: leads.observe,
    observeAll: queries.observe,
    async read(id) {
      const stored = await readLead(database, id);
      return stored && leadState(stored, uncommitted);
    },
    shown: (id) => leads.shown(id) ?? queries.shown(id),
    show(leadId, patch) {
      const layer = { leadId, patch };
      uncommitted.add(layer);
      showAgain(leadId);
      return layer;
    },
    takeBack(layer) {
      uncommitted.remove([layer]);
      showAgain(layer.leadId);
    },
    stored(changes, layers) {
      uncommitted.remove(layers);
      for (const [id, change] of changes) {
        leads.stored(id, change);
        queries.stored(id, change.lead);
      }
      // Layers that turned out to change nothing.
      for (const { leadId } of layers) if (!changes.has(leadId)) showAgain(leadId);
      if (changes.size > 0) queries.rerun([...changes.keys()]);
    },
    changed(leadIds) {
      for (const id of leadIds ?? leads.ids()) leads.reread(id);
      queries.rerun(leadIds);
    },
    complete() {
      leads.complete();
      queries.complete();
    },
  };
}
