import { createLeadbox } from '../../../src/index.ts';
import type { Contender, FieldEdit } from './contender.ts';

/** The library as an app uses it; `autoSync: false`, so that nothing is sent before a row asks for it. */
export const leadbox: Contender = {
  async open(name, { durability, inFlight }) {
    const box = createLeadbox({ name, durability, concurrency: inFlight, autoSync: false, persist: false });
    const edit = ({ id, fields }: FieldEdit) =>
      box.edit(id, ({ properties }) => {
        Object.assign(properties, fields);
      });
    return {
      load: (leads) => box.load(leads),
      edit,
      editAll: (edits) => Promise.all(edits.map(edit)),
      observe(id, seen) {
        const { unsubscribe } = box.observe(id).subscribe((state) => state && seen(state.lead));
        return unsubscribe;
      },
      async show(id) {
        const state = await box.get(id);
        if (!state) throw new Error(`There is no lead ${id}.`);
        return state;
      },
      changes: async (id) => (await box.changes(id)).length,
      count: async () => (await box.status()).pending,
      drain: () => box.sync(),
      close: () => box.close(),
    };
  },
};
