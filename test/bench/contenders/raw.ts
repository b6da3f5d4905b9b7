import type { Lead } from '../../../src/model/lead.ts';
import type { PendingRow } from '../../../src/model/lead-record.ts';
import type { BaseRow } from '../../../src/storage/rows.ts';
import { changedFields, drainByHand, edited, folded, frozen, groupSize, layout } from './by-hand.ts';
import type { Contender, FieldEdit } from './contender.ts';

/** IndexedDB by hand: the same stores, the same durability, nothing between. */
export const raw: Contender = rawContender({ isFrozen: true });

/** The same, but it sends what it did not freeze before: less work and less of a promise, for comparison only. */
export const unfrozen: Contender = rawContender({ isFrozen: false });

type StoreName = keyof typeof layout.stores;

function rawContender({ isFrozen }: { readonly isFrozen: boolean }): Contender {
  return {
    async open(name, { durability, inFlight }) {
      const database = await openRaw(name);
      const observers = new Map<string, (lead: Lead) => void>();

      const begin = (mode: IDBTransactionMode, ...names: StoreName[]) => {
        const transaction = database.transaction(names, mode, { durability });
        return { transaction, stores: names.map((store) => transaction.objectStore(store)) as IDBObjectStore[] };
      };

      /** Gets, then puts, in one transaction: each lead once, however many edits it has. */
      const editGroup = async (edits: readonly FieldEdit[]) => {
        const { transaction, stores } = begin('readwrite', 'leads', 'bases', 'outbox');
        const [leads, bases, outbox] = stores as [IDBObjectStore, IDBObjectStore, IDBObjectStore];
        const views = new Map<string, Lead>();
        await Promise.all(
          [...new Set(edits.map(({ id }) => id))].map(async (id) => {
            const [lead, base] = await Promise.all([result<Lead>(leads.get(id)), result<BaseRow>(bases.get(id))]);
            views.set(id, lead);
            if (!base) bases.put({ id, lead, etag: undefined });
          }),
        );
        for (const edit of edits) {
          const { lead, row } = edited(views.get(edit.id) as Lead, edit); // read above
          views.set(edit.id, lead);
          outbox.add(row);
        }
        for (const lead of views.values()) leads.put(lead);
        await complete(transaction);
        for (const lead of views.values()) observers.get(lead.id)?.(lead);
      };

      return {
        async load(given) {
          const { transaction, stores } = begin('readwrite', 'leads');
          for (const lead of given) stores[0]?.put(lead);
          await complete(transaction);
        },
        edit: (edit) => editGroup([edit]),
        async editAll(edits) {
          for (let at = 0; at < edits.length; at += groupSize) await editGroup(edits.slice(at, at + groupSize));
        },
        observe(id, seen) {
          observers.set(id, seen);
          void result<Lead>(begin('readonly', 'leads').stores[0]?.get(id)).then(seen);
          return () => observers.delete(id);
        },
        async show(id) {
          const { stores } = begin('readonly', 'leads', 'bases', 'outbox', 'parked');
          const [leads, bases, outbox, parked] = stores as [
            IDBObjectStore,
            IDBObjectStore,
            IDBObjectStore,
            IDBObjectStore,
          ];
          const [lead, , pending] = await Promise.all([
            result<Lead>(leads.get(id)),
            result(bases.get(id)),
            result<IDBValidKey[]>(outbox.index('leadId').getAllKeys(id)),
            result(parked.index('leadId').count(id)),
          ]);
          return { lead, pending: pending.length };
        },
        async changes(id) {
          const { stores } = begin('readonly', 'bases', 'outbox', 'parked');
          const [bases, outbox, parked] = stores as [IDBObjectStore, IDBObjectStore, IDBObjectStore];
          const [base, rows] = await Promise.all([
            result<BaseRow>(bases.get(id)),
            result<PendingRow[]>(outbox.index('leadId').getAll(id)),
            result(parked.index('leadId').getAll(id)),
          ]);
          return changedFields(base, rows).length;
        },
        async count() {
          const { stores } = begin('readonly', 'outbox', 'parked');
          const [pending] = await Promise.all(stores.map((store) => result<number>(store.count())));
          return pending ?? 0;
        },
        async drain() {
          const rows = await result<PendingRow[]>(begin('readonly', 'outbox').stores[0]?.getAll());
          await drainByHand(folded(rows), inFlight, async (answers, next) => {
            if (!isFrozen && !answers.length) return;
            const { transaction, stores } = begin('readwrite', 'leads', 'bases', 'outbox');
            const [leads, bases, outbox] = stores as [IDBObjectStore, IDBObjectStore, IDBObjectStore];
            for (const { batch, lead } of answers) {
              for (const seq of batch.seqs) outbox.delete(seq);
              leads.put(lead);
              bases.delete(lead.id);
            }
            for (const batch of isFrozen ? next : []) {
              void result<BaseRow>(bases.get(batch.leadId)).then((base) => bases.put(frozen(base, batch)));
            }
            await complete(transaction);
          });
        },
        async close() {
          database.close();
        },
      };
    },
  };
}

/** Opens the tables of the library, or makes them. */
export async function openRaw(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, layout.version);
  request.onupgradeneeded = () => {
    for (const [store, { index, ...options }] of Object.entries<{ keyPath: string; index?: string }>(layout.stores)) {
      const made = request.result.createObjectStore(store, options);
      if (index) made.createIndex(index, index);
    }
  };
  return await result<IDBDatabase>(request);
}

export function result<T>(request: IDBRequest | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    if (!request) throw new Error('There is no such store.');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export function complete(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
