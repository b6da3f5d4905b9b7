import { freeze } from 'immer';
import { coalesced } from '../model/coalesced.ts';
import type { LeadState } from '../model/edit.ts';
import { jsonEqual } from '../model/json.ts';
import { type ReadLead, readLead } from '../storage/read-leads.ts';
import type { Live, LiveParts } from './live.ts';
import type { Source } from './observable.ts';
import type { Uncommitted } from './uncommitted.ts';

/** One lead, kept up to date for its observers. */
export function liveLead(
  id: string,
  { database, uncommitted }: LiveParts,
  source: Source<LeadState | undefined>,
): Live {
  let stored: ReadLead | undefined;
  // Grows with every stored change: a read that began before it is recognised as old (R23).
  let version = 0;

  const show = () => source.next(stored && leadState(stored, uncommitted, source.latest?.value));

  const read = coalesced(async () => {
    const before = version;
    try {
      const found = await readLead(database, id);
      if (before !== version) return void read();
      stored = found;
      show();
    } catch (error) {
      source.end({ error });
    }
  });

  return {
    shown: (leadId) => (leadId === id ? source.latest?.value?.lead : undefined),
    show(leadId) {
      if (leadId === id && source.latest) show();
    },
    stored({ lead, base, pending, more = 0, parked = 0 }) {
      if (lead.id !== id) return;
      version++;
      // If it is still being read, it will be read again.
      stored &&= { lead, base, pending: pending ?? stored.pending + more, parked: stored.parked + parked };
    },
    changed(leadIds) {
      if (!leadIds || leadIds.includes(id)) void read();
    },
    end: source.end,
  };
}

/** The state to show; what equals the previous one keeps its identity (R58). */
export function leadState(stored: ReadLead, uncommitted: Uncommitted, previous?: LeadState): LeadState {
  const keep = <T extends object>(before: T | undefined, now: T): T =>
    before && jsonEqual(before, now) ? before : freeze(now, true);
  const { parked } = stored;
  const pending = stored.pending + uncommitted.count(stored.lead.id);
  const lead = keep(previous?.lead, uncommitted.over(stored.lead));
  const server = pending ? keep(previous?.server, stored.base) : lead;
  const isSame = previous?.lead === lead && previous.server === server;
  if (isSame && previous.pending === pending && previous.parked === parked) return previous;
  return Object.freeze({ lead, server, pending, parked });
}
