import type { Device } from './device.ts';
import type { SecondThought } from './mix.ts';
import type { Tab } from './tab.ts';

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
    await edit.undo();
  } else {
    const rows = what === 'retry' ? parked : [...outbox, ...parked];
    if (!rows.length) return;
    const { seq, leadId } = dice.pick(rows);
    note(seq, leadId);
    await (what === 'retry' ? tab.leadbox.outbox.retry(seq) : tab.leadbox.outbox.discard(seq));
  }
}
