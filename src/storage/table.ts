/**
 * A table in one transaction. Requests go out with the call and are carried out in that order; whatever fails ends the
 * transaction, whether or not anybody awaits it.
 */
export interface Table<R, K extends IDBValidKey> {
  get(key: K): Promise<R | undefined>;
  bulkGet(keys: readonly K[]): Promise<(R | undefined)[]>;
  /** All rows, in the order of their keys. */
  toArray(): Promise<R[]>;
  primaryKeys(): Promise<K[]>;
  count(): Promise<number>;
  /** The first rows with a key above `key`, in order. */
  after(key: K, limit: number): Promise<R[]>;
  /** The keys of an index, each once, in order. */
  uniqueKeys(index: string): Promise<IDBValidKey[]>;
  /** The rows with this key in an index, in the order of their own keys. */
  where(index: string, key: IDBValidKey): TableRows<R, K>;
  /** Gives the key of a row that the table gives it. */
  add(row: R): Promise<K>;
  bulkAdd(rows: readonly R[]): Promise<K[]>;
  put(row: R): Promise<unknown>;
  bulkPut(rows: readonly R[]): Promise<unknown>;
  delete(key: K): Promise<unknown>;
  bulkDelete(keys: readonly K[]): Promise<unknown>;
  clear(): Promise<unknown>;
}

/** Some rows of a table. */
export interface TableRows<R, K> {
  toArray(): Promise<R[]>;
  primaryKeys(): Promise<K[]>;
  count(): Promise<number>;
}

/** The rows of a store. Its caller says what it holds. */
export function tableOf<R, K extends IDBValidKey>(store: IDBObjectStore, keyRange: typeof IDBKeyRange): Table<R, K> {
  const each = <I, T>(items: readonly I[], request: (item: I) => IDBRequest) => allDone<T>(items.map(request));
  return {
    get: (key) => done(store.get(key)),
    bulkGet: (keys) => each(keys, (key) => store.get(key)),
    toArray: () => done(store.getAll()),
    primaryKeys: () => done(store.getAllKeys()),
    count: () => done(store.count()),
    after: (key, limit) => done(store.getAll(keyRange.lowerBound(key, true), limit)),
    uniqueKeys: (index) => keysOf(store.index(index).openKeyCursor(null, 'nextunique')),
    where(index, key) {
      const rows = store.index(index);
      return {
        toArray: () => done(rows.getAll(key)),
        primaryKeys: () => done(rows.getAllKeys(key)),
        count: () => done(rows.count(key)),
      };
    },
    add: (row) => done(store.add(row)),
    bulkAdd: (rows) => each(rows, (row) => store.add(row)),
    put: (row) => done(store.put(row)),
    bulkPut: (rows) => each(rows, (row) => store.put(row)),
    delete: (key) => done(store.delete(key)),
    bulkDelete: (keys) => each(keys, (key) => store.delete(key)),
    clear: () => done(store.clear()),
  };
}

function done<T>(request: IDBRequest): Promise<T> {
  return succeeded(request, () => request.result);
}

/** Requests succeed in their order: the last one speaks for all. One that fails takes those after it with it. */
function allDone<T>(requests: readonly IDBRequest[]): Promise<T[]> {
  const last = requests.at(-1);
  return last ? succeeded(last, () => requests.map(({ result }) => result)) : Promise.resolve([]);
}

function succeeded<T>(request: IDBRequest, result: () => T): Promise<T> {
  const success = new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(result());
    request.onerror = () => reject(request.error);
  });
  return needNotBeAwaited(success);
}

/** All its requests are made. Otherwise the browser waits for another task of ours, and a frozen page has none. */
export function commitNow(transaction: IDBTransaction): void {
  try {
    transaction.commit();
  } catch {
    // It ends by itself, and tells how by its events.
  }
}

/** What fails ends its transaction, and that tells. */
export function needNotBeAwaited<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function keysOf(request: IDBRequest<IDBCursor | null>): Promise<IDBValidKey[]> {
  const keys: IDBValidKey[] = [];
  const all = new Promise<IDBValidKey[]>((resolve, reject) => {
    request.onsuccess = () => {
      if (!request.result) return resolve(keys);
      keys.push(request.result.key);
      request.result.continue();
    };
    request.onerror = () => reject(request.error);
  });
  return needNotBeAwaited(all);
}
