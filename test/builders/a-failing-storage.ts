import type { IDBFactory } from 'fake-indexeddb';

/** How a transaction goes wrong: refused at its beginning, or aborted with the error of this name after a write. */
export type StorageFault = 'throws' | 'UnknownError' | 'QuotaExceededError';

/** The same storage, in which the transactions fail for which `faultOf` names a fault. */
export function aFailingStorage(
  indexedDB: IDBFactory,
  faultOf: (tables: readonly string[], mode: IDBTransactionMode) => StorageFault | undefined,
): IDBFactory {
  return new Proxy(indexedDB, {
    get(target, name) {
      if (name !== 'open') {
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? member.bind(target) : member;
      }
      return (...given: Parameters<IDBFactory['open']>) => {
        const request = target.open(...given);
        // Before its opener's listener, which may bind the method.
        request.addEventListener('success', () => failIn(request.result, faultOf));
        return request;
      };
    },
  });
}

function failIn(database: IDBDatabase, faultOf: Parameters<typeof aFailingStorage>[1]): void {
  const begin = database.transaction.bind(database);
  database.transaction = (tables, mode = 'readonly', options) => {
    const fault = faultOf(typeof tables === 'string' ? [tables] : [...tables], mode);
    if (fault === 'throws') throw new DOMException('The storage is broken.', 'UnknownError');
    const transaction = begin(tables, mode, options);
    if (fault !== undefined) abortAfterFirstWrite(transaction, fault);
    return transaction;
  };
}

/** As a full disk does it: a request succeeds, and then the transaction is aborted all the same. */
function abortAfterFirstWrite(transaction: IDBTransaction, fault: string): void {
  // Only the platform can name the error of an abort; the fake one does it here.
  const { _abort } = transaction as unknown as { _abort(this: IDBTransaction, error: string): void };
  const objectStore = transaction.objectStore.bind(transaction);
  transaction.objectStore = (name) => {
    const store = objectStore(name);
    for (const method of ['add', 'put'] as const) {
      const write = store[method].bind(store);
      store[method] = (value, key) => {
        const request = key === undefined ? write(value) : write(value, key);
        request.addEventListener('success', () => transaction.error ?? _abort.call(transaction, fault));
        return request;
      };
    }
    return store;
  };
}
