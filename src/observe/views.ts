import type { Layer, LeadState } from '../model/edit.ts';
import type { JsonObject } from '../model/json.ts';
import type { Lead } from '../model/lead.ts';
import type { Database } from '../storage/database.ts';
import { type LeadQuery, readLead, readOutbox } from '../storage/read-leads.ts';
import { createLayers } from './layers.ts';
import { type Live, observeLive } from './live.ts';
import { leadState, liveLead } from './live-lead.ts';
import { liveOutbox, type OutboxState } from './live-outbox.ts';
import { liveQuery } from './live-query.ts';
import type { Later, Observable } from './observable.ts';

/** What observers of leads see: the stored views with the edits over them that were not read back yet. */
export interface Views {
  observe(id: string): Observable<LeadState | undefined>;
  observeAll(query: LeadQuery): Observable<readonly Lead[]>;
  observeOutbox(leadId: string | undefined): Observable<OutboxState>;
  /** One lead as it is stored now; undefined if it is not cached. */
  read(id: string): Promise<LeadState | undefined>;
  /** The lead as observers see it; undefined if nobody in this tab watches it. */
  shown(id: string): Lead | undefined;
  /** The leads that are watched each for itself, by their ids: their bases. */
  watched(): ReadonlyMap<string, Lead>;
  /** The same leads, also those that are still being read. */
  watchedIds(): readonly string[];
  /** Shows an edit before it is stored: observers see it before this returns (R3). */
  show(leadId: string, patch: JsonObject): Layer;
  /** Takes back, in one step, what could not be stored. */
  takeBack(layer: Layer): void;
  /** These layers are stored. */
  stored(layers: readonly Layer[]): void;
  /**
   * These leads changed, in this tab or another; undefined: any may have. Requests of `sending` ones are on their way, or no
   * longer. Resolves when observers know.
   */
  changed(leadIds?: readonly string[], sending?: readonly string[]): Promise<unknown>;
  end(): void;
}

export function createViews(database: Database, later: Later): Views {
  const layers = createLayers();
  const lives = new Set<Live>();
  const show = ({ leadId }: Layer) => {
    for (const live of [...lives]) if (live.concerns(leadId)) live.show();
  };

  return {
    observe: (id) => observeLive(liveLead(id, database, layers), layers, lives, later),
    observeAll: (query) => observeLive(liveQuery(query, database, layers), layers, lives, later),
    observeOutbox: (leadId) =>
      observeLive(
        liveOutbox(leadId, () => readOutbox(database, leadId)),
        layers,
        lives,
        later,
      ),
    async read(id) {
      const readAt = layers.now();
      const found = await readLead(database, id);
      return found && leadState(found, layers, readAt);
    },
    shown(id) {
      // A list may be read later than the lead itself.
      const isOwn = ({ leadId }: Live) => Number(leadId === id);
      for (const live of [...lives].sort((a, b) => isOwn(b) - isOwn(a))) {
        const lead = live.find(id);
        if (lead) return lead;
      }
      return undefined;
    },
    watched: () => new Map([...lives].flatMap((live) => live.base() ?? []).map((base) => [base.id, base])),
    watchedIds: () => [...lives].flatMap(({ leadId }) => leadId ?? []),
    show(leadId, patch) {
      const layer = { leadId, patch };
      layers.add(layer);
      show(layer);
      return layer;
    },
    takeBack(layer) {
      layers.takeBack(layer);
      show(layer);
    },
    stored: layers.commit,
    changed(leadIds, sending = []) {
      const all = leadIds && [...leadIds, ...sending];
      return Promise.all([...lives].map((live) => live.changed(live.showsSending ? all : leadIds)));
    },
    end() {
      for (const live of [...lives]) live.end();
    },
  };
}
