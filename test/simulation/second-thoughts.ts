import type { Edit, JsonObject } from '../../src/index.ts';
import { valueAt } from '../../src/model/json.ts';
import { pathsOverlap, touchedPaths } from '../../src/model/merge-patch.ts';
import type { Device } from './device.ts';
import type { Ledger } from './ledger.ts';
import type { SecondThought } from './mix.ts';
import { noteStoring, type Tab } from './tab.ts';

/** What a user does to an edit that he made before. */
export async function haveSecondThoughts(
  { dice, ledger, storage }: Device,
  tab: Tab,
  what: SecondThought,
): Promise<void> {
  const { outbox, parked } = storage.stored;
  const note = (seq: number, leadId: string) => {
    ledger.askedFor.add(seq);
    ledger.turnedBack.add(leadId);
  };
  if (what === 'undo') {
    const made = ledger.edits.filter(({ tab: own, edit }) => own === tab && edit?.seq);
    const { edit } = made.length ? dice.pick(made.slice(-6)) : {};
    if (!edit) return;
    note(edit.seq, edit.leadId);
    const undone = edit.undo();
    noteStoring(tab, undone);
    const restored = await undone;
    if (restored && !ledger.decided.has(edit.leadId)) checkRestored(ledger, edit, restored.seq);
  } else {
    const rows = what === 'retry' ? parked : [...outbox, ...parked];
    if (!rows.length) return;
    const { seq, leadId } = dice.pick(rows);
    note(seq, leadId);
    await (what === 'retry' ? tab.leadbox.outbox.retry(seq) : tab.leadbox.outbox.discard(seq));
  }
}

/** Only what the edit set is taken back, and only where it is still what the edit set. */
function checkRestored(ledger: Ledger, { seq, ...edit }: Edit, by: number): void {
  const patch = edit.patch as JsonObject; // an edit is JSON
  for (const { path, value } of ledger.rows.get(by)?.replaced ?? []) {
    if (!pathsOverlap([path], touchedPaths(patch))) ledger.break(15, `${by} takes ${seq} back at ${path}`);
    const set = valueAt(patch, path);
    const isScalar = typeof set === 'number' || typeof set === 'string';
    if (isScalar && set !== value) ledger.break(15, `${by} takes ${seq} back over ${JSON.stringify(value)} at ${path}`);
  }
}
