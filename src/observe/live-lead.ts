import { freeze } from 'immer';
import type { Layer, LeadState } from '../model/edit.ts';
import { jsonEqual } from '../model/json.ts';
import type { Database } from '../storage/database.ts';
import { type ReadLead, readLead } from '../storage/read-leads.ts';
import type { Layers } from './layers.ts';
import type { Watchable } from './live.ts';

/** One lead. */
export function liveLead(id: string, database: Database, layers: Layers): Watchable<LeadState | undefined> {
  let found: ReadLead | undefined;
  return {
    leadId: id,
    concerns: (leadId) => leadId === id,
    async read() {
      found = await readLead(database, id);
    },
    view(readAt, previous) {
      const state = found && leadState(found, layers, readAt, previous);
      // Hold the very object that is shown, so that the next comparison ends at once.
      if (found && state?.pending) found = { ...found, base: state.server };
      return state;
    },
    base: (state) => state?.server,
    find: (state, leadId) => (leadId === id ? state?.lead : undefined),
  };
}

/** A lead as it was read, with the edits that the read does not contain. */
export function leadState(found: ReadLead, layers: Layers, readAt: number, previous?: LeadState): LeadState {
  const keep = <T extends object>(before: T | undefined, now: T): T =>
    before && jsonEqual(before, now) ? before : freeze(now, true);
  const { parked } = found;
  // A read that began before a commit may contain it all the same.
  const isUncounted = ({ seq = Number.POSITIVE_INFINITY }: Layer) => seq > found.lastSeq;
  const pending = found.pending + layers.missing(found.lead.id, readAt).filter(isUncounted).length;
  const lead = keep(previous?.lead, layers.over(found.lead, readAt));
  const server = pending ? keep(previous?.server, found.base) : lead;
  const isSame =
    previous?.lead === lead && previous.server === server && previous.pending === pending && previous.parked === parked;
  return isSame ? previous : Object.freeze({ lead, server, pending, parked });
}
