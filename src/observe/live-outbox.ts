import { freeze } from 'immer';
import type { ParkedEdit, PendingEdit } from '../model/edit.ts';
import { jsonEqual } from '../model/json.ts';
import type { Watchable } from './live.ts';

/** Both lists of the outbox. */
export interface OutboxState {
  readonly pending: readonly PendingEdit[];
  readonly parked: readonly ParkedEdit[];
}

/** The outbox of one lead, or of all: as `read` gives it. */
export function liveOutbox(leadId: string | undefined, read: () => Promise<OutboxState>): Watchable<OutboxState> {
  let found: OutboxState = { pending: [], parked: [] };
  return {
    showsSending: true,
    concerns: (id) => leadId === undefined || id === leadId,
    async read() {
      found = await read();
    },
    view: (_readAt, previous) => (previous && jsonEqual(previous, found) ? previous : freeze(found, true)),
    find: () => undefined,
  };
}
