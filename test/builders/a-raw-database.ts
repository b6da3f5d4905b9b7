/** The database as it is stored, past the library: to damage its rows, or to stand in its way. */
export interface RawDatabase {
  /** Writes a row as it is. */
  put(table: string, row: unknown, key?: IDBValidKey): Promise<void>;
  /** Replaces members of a row; undefined takes one away. */
  change(table: string, key: IDBValidKey, changes: object): Promise<void>;
  delete(table: string, key: IDBValidKey): Promise<void>;
  all(table: string): Promise<unknown[]>;
  close(): void;
}

/** A connection that does not close itself when others ask for it. */
export async function aRawDatabase(indexedDB: IDBFactory, name = 'leadbox'): Promise<RawDatabase> {
  const database = await done(indexedDB.open(name));
  const store = (table: string) => database.transaction(table, 'readwrite').objectStore(table);
  return {
    async put(table, row, key) {
      await done(store(table).put(row, key));
    },
    async change(table, key, changes) {
      const rows = store(table);
      const row: object = await done(rows.get(key));
      // Through JSON: what is undefined goes.
      await done(rows.put(JSON.parse(JSON.stringify({ ...row, ...changes }))));
    },
    async delete(table, key) {
      await done(store(table).delete(key));
    },
    all: (table) => done(store(table).getAll()),
    close: () => database.close(),
  };
}

/** The same storage, and every connection that was opened through it. */
export function aWatchedStorage(indexedDB: IDBFactory): { indexedDB: IDBFactory; connections: IDBDatabase[] } {
  const connections: IDBDatabase[] = [];
  const watched = new Proxy(indexedDB, {
    get(target, name) {
      if (name !== 'open') return Reflect.get(target, name, target);
      return (...given: Parameters<IDBFactory['open']>) => {
        const request = target.open(...given);
        request.addEventListener('success', () => connections.push(request.result));
        return request;
      };
    },
  });
  return { indexedDB: watched, connections };
}

/** The same storage, which does not say that a database opened before it is told to. */
export function aLateStorage(indexedDB: IDBFactory, late: string): { indexedDB: IDBFactory; deliver(): void } {
  let deliver = () => {};
  const told = new Promise<void>((resolve) => {
    deliver = resolve;
  });
  const untilTold = (request: IDBOpenDBRequest) =>
    new Proxy(request, {
      get: (target, name) => Reflect.get(target, name, target),
      set(target, name, value) {
        const isSuccess = name === 'onsuccess';
        return Reflect.set(target, name, isSuccess ? () => void told.then(value) : value, target);
      },
    });
  const storage = new Proxy(indexedDB, {
    get(target, name) {
      if (name !== 'open') return Reflect.get(target, name, target);
      return (...given: Parameters<IDBFactory['open']>) =>
        given[0] === late ? untilTold(target.open(...given)) : target.open(...given);
    },
  });
  return { indexedDB: storage, deliver };
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
