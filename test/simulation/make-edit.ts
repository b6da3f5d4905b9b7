import { type Edit, isLeadboxError, type JsonObject } from '../../src/index.ts';
import type { Device } from './device.ts';
import type { MadeEdit } from './ledger.ts';
import type { EditAction } from './mix.ts';
import { refusals } from './server.ts';
import { noteStoring, type Tab } from './tab.ts';

/** What a user does to a lead. Each edit carries a number of its own, unless it only clears. */
export function makeEdit(device: Device, tab: Tab, leadId: string, kind: EditAction): void {
  const { dice, ledger } = device;
  const name = dice.pick(['a', 'b']);
  const inner = dice.pick(['x', 'y']);

  const note = (value: number, promise: Promise<Edit>) => {
    const { leadbox } = tab;
    const made: MadeEdit = { tab, leadbox, leadId, value };
    ledger.edits.push(made);
    noteStoring(tab, promise);
    promise.then(
      (edit) => {
        if (tab.isDead) return;
        made.edit = edit;
        if (edit.seq && !ledger.rows.has(edit.seq)) ledger.break(1, `edit ${edit.seq} resolved and was never stored`);
        void edit.settled.then(({ outcome }) => {
          made.outcome = outcome;
        });
      },
      (error: unknown) => {
        made.error = error;
        if (!tab.isDead && !isLeadboxError(error)) ledger.break(12, `edit() rejected with ${String(error)}`);
      },
    );
  };
  const patch = (change: (value: number) => JsonObject) => {
    const value = device.place.newValue();
    note(value, tab.leadbox.patch(leadId, change(value)));
  };

  const kinds: Readonly<Record<EditAction, () => void>> = {
    set: () => patch((value) => ({ properties: { [name]: value } })),
    nest: () => patch((value) => ({ properties: { [name]: { [inner]: value } } })),
    clear: () => patch(() => ({ properties: { [name]: null } })),
    section: () => patch((value) => ({ location: { [name]: value } })),
    'clear-section': () => patch(() => ({ location: null })),
    same: () => patch(() => ({ properties: {} })),
    odd: () => patch((value) => ({ properties: { [dice.pick(['__proto__', 'constructor'])]: { [inner]: value } } })),
    refused: () => patch((value) => ({ properties: { [name]: `${dice.pick(Object.keys(refusals))} ${value}` } })),
    recipe() {
      const value = device.place.newValue();
      const recipe = (draft: { properties: Record<string, unknown> }) => {
        draft.properties[name] = inner === 'x' ? value : { x: value };
      };
      note(value, tab.leadbox.edit(leadId, recipe));
    },
    several() {
      patch((value) => ({ properties: { a: value } }));
      patch(() => ({ properties: { a: null } }));
      patch((value) => ({ properties: { a: { x: value } }, location: { a: value } }));
    },
  };
  kinds[kind]();
}
