import { Dexie, liveQuery, type Table } from 'dexie';
import type { Lead } from '../../../src/model/lead.ts';
import type { BaseRow, Rows } from '../../../src/storage/rows.ts';
import { changedFields, drainByHand, edited, folded, frozen, groupSize, layout } from './by-hand.ts';
import type { Contender, FieldEdit } from './contender.ts';

type HandTables = { readonly [K in keyof Rows]: Table<Rows[K], K extends 'outbox' | 'parked' ? number : string> };

const schema = { leads: 'id', bases: 'id', outbox: '++seq, leadId', parked: 'seq, leadId', meta: 'key' };

/** Dexie as its documentation shows it: the same rows, each step one transaction, `liveQuery` to observe. */
export const handDexie: Contender = {
  async open(name, { durability, inFlight }) {
    const database = new Dexie(name, { chromeTransactionDurability: durability });
    database.version(layout.version / 10).stores(schema);
    await database.open();
    const { leads, bases, outbox, parked } = Object.fromEntries(
      database.tables.map((table) => [table.name, table]),
    ) as unknown as HandTables; // those of `schema`

    const editGroup = (edits: readonly FieldEdit[]) =>
      database.transaction('rw', [leads, bases, outbox] as Table[], async () => {
        const ids = [...new Set(edits.map(({ id }) => id))];
        const [found, known] = await Promise.all([leads.bulkGet(ids), bases.bulkGet(ids)]);
        const first = found.flatMap((lead, at) => (lead && !known[at] ? { id: lead.id, lead, etag: undefined } : []));
        const views = new Map(found.flatMap((lead) => (lead ? [[lead.id, lead]] : [])));
        const rows = edits.map((edit) => {
          const { lead, row } = edited(views.get(edit.id) as Lead, edit); // read above
          views.set(edit.id, lead);
          return row;
        });
        await Promise.all([leads.bulkPut([...views.values()]), bases.bulkPut(first), outbox.bulkAdd(rows)]);
      });

    const editOne = (edit: FieldEdit) =>
      database.transaction('rw', [leads, bases, outbox] as Table[], async () => {
        const [found, base] = await Promise.all([leads.get(edit.id), bases.get(edit.id)]);
        const { lead, row } = edited(found as Lead, edit); // the bench edits what is there
        if (!base) await bases.put({ id: edit.id, lead: found as Lead, etag: undefined });
        await leads.put(lead);
        await outbox.add(row);
      });

    return {
      load: async (given) => void (await leads.bulkPut([...given])),
      edit: editOne,
      async editAll(edits) {
        for (let at = 0; at < edits.length; at += groupSize) await editGroup(edits.slice(at, at + groupSize));
      },
      observe(id, seen) {
        const { unsubscribe } = liveQuery(() => leads.get(id)).subscribe((lead) => lead && seen(lead));
        return unsubscribe;
      },
      show: (id) =>
        database.transaction('r', [leads, bases, outbox, parked] as Table[], async () => {
          const [lead, , pending] = await Promise.all([
            leads.get(id),
            bases.get(id),
            outbox.where('leadId').equals(id).primaryKeys(),
            parked.where('leadId').equals(id).count(),
          ]);
          return { lead: lead as Lead, pending: pending.length }; // the bench asks for what is there
        }),
      async changes(id) {
        const [base, rows] = await Promise.all([bases.get(id), outbox.where('leadId').equals(id).toArray()]);
        return changedFields(base as BaseRow, rows).length; // the bench asks for a lead with edits
      },
      async count() {
        const [pending] = await Promise.all([outbox.count(), parked.count()]);
        return pending;
      },
      async drain() {
        await drainByHand(folded(await outbox.toArray()), inFlight, (answers, next) =>
          database.transaction('rw', [leads, bases, outbox] as Table[], async () => {
            const known = await bases.bulkGet(next.map(({ leadId }) => leadId));
            await Promise.all([
              outbox.bulkDelete(answers.flatMap(({ batch }) => batch.seqs)),
              leads.bulkPut(answers.map(({ lead }) => lead)),
              bases.bulkDelete(answers.map(({ lead }) => lead.id)),
              bases.bulkPut(next.flatMap((batch, at) => (known[at] ? frozen(known[at], batch) : []))),
            ]);
          }),
        );
      },
      close: async () => database.close(),
    };
  },
};
