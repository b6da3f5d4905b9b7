import { createCollection, createLiveQueryCollection, eq } from '@tanstack/db';
import {
  IndexedDBAdapter,
  NonRetriableError,
  startOfflineExecutor,
  WebLocksLeader,
  WebOnlineDetector,
} from '@tanstack/offline-transactions';
import type { Lead } from '../../../../src/model/lead.ts';
import type { Contender, FieldEdit } from '../../contenders/contender.ts';
import { complete, result } from '../../contenders/raw.ts';
import { leadsOf, scoreOf } from '../../page/fill.ts';

const storeName = 'transactions';
/** How many leads a server would give it in this page, by database: it stores none itself. */
const atServer = new Map<string, number>();

/**
 * TanStack DB with its offline transactions, each edit a transaction of its own. Its collection is in memory; what is
 * stored is a row of its outbox for each edit.
 */
export const tanstack: Contender = {
  tables: {
    async fill(name, { leads, pending, editedLeads }) {
      atServer.set(name, leads);
      if (!pending) return;
      const opened = await tanstack.open(name, { durability: 'relaxed', inFlight: 1 });
      const edited = leadsOf(editedLeads);
      for (let n = 0; n < pending; n += 1) {
        await opened.edit({ id: edited[n % editedLeads]?.id ?? '', fields: { score: 1_000 + n } });
      }
      await opened.close();
    },
    async stored(name) {
      const rows = await outboxOf(name, 'readonly', (outbox) => result<string[]>(outbox.getAll()));
      const mutations = rows.flatMap((row) => (JSON.parse(row) as { mutations: { modified: Lead }[] }).mutations);
      const [first] = leadsOf(1);
      const own = mutations.map(({ modified }) => modified).filter(({ id }) => id === first?.id);
      const scores = own.map(scoreOf).filter((score) => score !== undefined);
      return {
        ...{ outbox: rows.length, 'edits of the first lead': own.length },
        ...(scores.length && { score: Math.max(...scores) }),
      };
    },
    // Its connections stay open as long as the page, so the database cannot be deleted.
    drop: async (name) => outboxOf(name, 'readwrite', (outbox) => result(outbox.clear())),
  },
  async open(name) {
    const { collection, write } = collectionOf(leadsOf(atServer.get(name) ?? 0));
    const storage = new WatchedStorage(name, storeName);
    const network = new SwitchedNetwork();
    const executor = startOfflineExecutor({
      ...{ storage, onlineDetector: network, leaderElection: new WebLocksLeader(name) },
      collections: { leads: collection },
      mutationFns: {
        async patch({ transaction, idempotencyKey }) {
          for (const { key, changes } of transaction.mutations) {
            const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': idempotencyKey };
            const sent = { method: 'PATCH', body: JSON.stringify(changes), headers };
            const response = await fetch(`/api/v1/leads/${key}`, sent);
            if (!response.ok) throw new NonRetriableError(`The server answered ${response.status}.`);
            const { data } = (await response.json()) as { data: Lead };
            write('update', [data]);
          }
        },
      },
    });
    await executor.waitForInit();
    // Without the lock it would store nothing.
    if (!executor.isOfflineEnabled) throw new Error('Another tab holds the outbox.');

    const edit = async ({ id, fields }: FieldEdit) => {
      const transaction = executor.createOfflineTransaction({ mutationFnName: 'patch', autoCommit: false });
      const stored = storage.stored(transaction.id);
      transaction.mutate(() =>
        collection.update(id, (draft) => {
          Object.assign(draft.properties ?? {}, fields);
        }),
      );
      // It resolves when the edit was sent.
      void transaction.commit();
      await stored;
    };
    let waiting: readonly string[] = [];

    return {
      load: async (leads) => write('insert', leads),
      edit,
      editAll: (edits) => Promise.all(edits.map(edit)),
      observe(id, seen) {
        const query = createLiveQueryCollection({
          query: (q) => q.from({ lead: collection }).where(({ lead }) => eq(lead.id, id)),
          startSync: true,
        });
        const subscription = query.subscribeChanges(
          (changes) => {
            for (const { value } of changes) seen(value as Lead);
          },
          { includeInitialState: true },
        );
        return () => {
          subscription.unsubscribe();
          void query.cleanup();
        };
      },
      async show(id) {
        const lead = collection.get(id);
        if (!lead) throw new Error(`There is no lead ${id}.`);
        return { lead, pending: undefined };
      },
      changes: () => Promise.reject(new Error('It does not know.')),
      count: async () => executor.getPendingCount(),
      async connect() {
        waiting = (await executor.peekOutbox()).map(({ id }) => id);
      },
      async drain() {
        const sent = waiting.map((id) => executor.waitForTransactionCompletion(id));
        network.switchOn();
        await Promise.all(sent);
      },
      async close() {
        executor.dispose();
        await collection.cleanup();
        await navigator.locks.request(name, () => {}); // it is free again
      },
    };
  },
};

/** A collection that is synced with these leads, as its guide to an own kind of collection says. */
function collectionOf(leads: readonly Lead[]) {
  let write = (_type: 'insert' | 'update', _leads: readonly Lead[]) => {};
  const collection = createCollection<Lead, string>({
    id: 'leads',
    getKey: ({ id }) => id,
    startSync: true,
    sync: {
      sync({ begin, write: put, commit, markReady }) {
        write = (type, given) => {
          begin({ immediate: true });
          for (const value of given) put({ type, value });
          commit();
        };
        write('insert', leads);
        markReady();
      },
    },
  });
  return { collection, write };
}

/** Its own storage, which also tells when a transaction is stored: its promise tells when it was sent. */
class WatchedStorage extends IndexedDBAdapter {
  readonly #waiting = new Map<string, () => void>();

  stored(transaction: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(`tx:${transaction}`, resolve));
  }

  override async set(key: string, value: string): Promise<void> {
    await super.set(key, value);
    this.#waiting.get(key)?.();
    this.#waiting.delete(key);
  }
}

/** Away until it is switched on. */
class SwitchedNetwork extends WebOnlineDetector {
  #isOn = false;

  override isOnline(): boolean {
    return this.#isOn && super.isOnline();
  }

  switchOn(): void {
    this.#isOn = true;
    this.notifyOnline();
  }
}

async function outboxOf<T>(
  name: string,
  mode: IDBTransactionMode,
  work: (outbox: IDBObjectStore) => Promise<T>,
): Promise<T> {
  const request = indexedDB.open(name);
  request.onupgradeneeded = () => request.result.createObjectStore(storeName);
  const database = await result<IDBDatabase>(request);
  const transaction = database.transaction(storeName, mode);
  const [given] = await Promise.all([work(transaction.objectStore(storeName)), complete(transaction)]);
  database.close();
  return given;
}
