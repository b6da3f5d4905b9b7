import type { ParkedEdit, PendingEdit } from '../model/edit.ts';
import type { Database } from '../storage/database.ts';
import { readOutbox } from '../storage/read-leads.ts';
import { parkedEdit } from './settlements.ts';

/** The outbox as apps see it. */
export interface OutboxLists {
  pending(leadId?: string): Promise<PendingEdit[]>;
  parked(leadId?: string): Promise<ParkedEdit[]>;
}

/** `read` lets every edit made before be stored first. */
export function createOutboxLists(database: Database, read: <T>(run: () => Promise<T>) => Promise<T>): OutboxLists {
  return {
    pending: (leadId) =>
      read(async () => {
        const [pending, , bases] = await readOutbox(database, leadId);
        const sent = new Set(bases.flatMap(({ batch }) => batch?.seqs ?? []));
        return pending.map((row) => ({ ...row, sent: sent.has(row.seq) }));
      }),
    parked: (leadId) => read(async () => (await readOutbox(database, leadId))[1].map(parkedEdit)),
  };
}
