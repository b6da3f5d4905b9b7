import type { Edit } from '../model/edit.ts';
import type { PendingRow } from '../model/lead-record.ts';
import { isLeadboxError } from '../model/leadbox-error.ts';
import { closed } from '../storage/database.ts';
import type { Change } from './change.ts';
import type { Settlements } from './settlements.ts';
import { undoPatch } from './undo.ts';

/** What an edit can do once it is durable. */
export interface EditHost {
  readonly settlements: Settlements;
  readonly discard: (seq: number) => Promise<void>;
  readonly edit: (leadId: string, change: Change) => Promise<Edit>;
  readonly isClosed: () => boolean;
}

/** Gives the edit of a row that is durable now. */
export function createEditOf({ settlements, discard, edit, isClosed }: EditHost): (row: PendingRow) => Edit {
  const undo = async (row: PendingRow): Promise<Edit | undefined> => {
    if (isClosed()) throw closed();
    try {
      await discard(row.seq);
      return undefined;
    } catch (error) {
      // Sent: what it changed is the server's now, or may be.
      if (!isLeadboxError(error, 'edit-in-flight') && !isLeadboxError(error, 'edit-not-found')) throw error;
    }
    const restored = await edit(row.leadId, (view) => undoPatch(row, view));
    return restored.seq ? restored : undefined;
  };
  return (row) => {
    const { seq, leadId, patch } = row;
    return { seq, leadId, patch, settled: settlements.of(leadId, seq), undo: () => undo(row) };
  };
}
