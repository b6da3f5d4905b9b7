import type { Edit } from '../model/edit.ts';
import type { PendingRow } from '../model/lead-record.ts';
import { isLeadboxError } from '../model/leadbox-error.ts';
import { closed } from '../storage/connection.ts';
import type { Change } from './change.ts';
import type { Settlements } from './settlements.ts';
import { type Undoable, undoPatch } from './undo.ts';

/** What an edit can do once it is durable. */
export interface EditHost {
  readonly settlements: Settlements;
  readonly discard: (seq: number) => Promise<void>;
  /** An edit on what is stored. */
  readonly edit: (leadId: string, change: Change) => Promise<Edit>;
  /** The row of an edit, as long as it is pending. */
  readonly stored: (seq: number) => Promise<PendingRow | undefined>;
  readonly isClosed: () => boolean;
}

/** Gives the edit of a row that is durable now. */
export function createEditOf(host: EditHost): (row: PendingRow) => Edit {
  const { settlements, discard, edit, stored, isClosed } = host;
  return (row) => {
    const { seq, leadId, patch } = row;
    const own: Undoable = { ...row }; // what it replaced is noted in it when it is synced
    const settled = settlements.of(own);
    // Dropped, or parked and by now dropped or queued again: no server has it.
    let isGone = false;
    void settled.then(({ outcome }) => {
      isGone = outcome === 'discarded' || outcome === 'parked';
    });
    const undo = async (): Promise<Edit | undefined> => {
      if (isClosed()) throw closed();
      try {
        await discard(seq);
        isGone = true;
        return undefined;
      } catch (error) {
        // Sent: what it changed is the server's now, or may be.
        if (!isLeadboxError(error, 'edit-in-flight') && !isLeadboxError(error, 'edit-not-found')) throw error;
      }
      const latest: Undoable = (await stored(seq)) ?? own;
      if (isGone) return undefined;
      const restored = await edit(leadId, (view) => undoPatch(latest, view));
      return restored.seq ? restored : undefined;
    };
    return { seq, leadId, patch, settled, undo };
  };
}
