/**
 * How a transaction goes wrong: it cannot begin because the storage is broken, or because the browser closed the
 * connection ('lost'; a new one works); or it is aborted with the error of this name where it should commit: browsers call it
 * unknown where they lost the connection under it, and a time-out where the page stood still.
 */
export type StorageFault =
  | 'throws'
  | 'lost'
  | 'NotReadableError'
  | 'TimeoutError'
  | 'UnknownError'
  | 'QuotaExceededError';

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

/**
 * The same storage, in which one transaction on the outbox goes wrong whenever it was told to: the next one of this mode,
 * 'readwrite' if nothing is said. `onFailing` is told of it.
 */
export function aStorageToFail(
  indexedDB: IDBFactory,
  fault: StorageFault,
  { mode, onFailing }: { readonly mode?: IDBTransactionMode; readonly onFailing?: () => void } = {},
): { readonly indexedDB: IDBFactory; fail(): void; isToFail(): boolean } {
  let isArmed = false;
  return {
    indexedDB: aFailingStorage(indexedDB, (tables, of) => {
      if (!isArmed || of !== (mode ?? 'readwrite') || !tables.includes('outbox')) return undefined;
      isArmed = false;
      onFailing?.();
      return fault;
    }),
    fail() {
      isArmed = true;
    },
    isToFail: () => isArmed,
  };
}

function failIn(database: IDBDatabase, faultOf: Parameters<typeof aFailingStorage>[1]): void {
  const begin = database.transaction.bind(database);
  database.transaction = (tables, mode = 'readonly', options) => {
    const fault = faultOf(typeof tables === 'string' ? [tables] : [...tables], mode);
    if (fault === 'throws') throw new DOMException('The storage is broken.', 'NotReadableError');
    if (fault === 'lost') database.close();
    const transaction = begin(tables, mode, options);
    if (fault !== undefined && fault !== 'lost') abortInsteadOfCommit(transaction, fault);
    return transaction;
  };
}

/** As a full disk does it: every request succeeds, and then the transaction is aborted all the same. */
function abortInsteadOfCommit(transaction: IDBTransaction, fault: string): void {
  // Only the platform can name the error of an abort; what the fake one runs at each step also commits.
  const inside = transaction as unknown as FakeTransaction;
  const step = inside._start;
  inside._start = () => {
    const isAtEnd = inside._requests.every(({ request }) => request.readyState === 'done');
    if (isAtEnd && inside._state !== 'finished') inside._abort(fault);
    else step.call(inside);
  };
}

interface FakeTransaction {
  readonly _state: string;
  readonly _requests: readonly { readonly request: IDBRequest }[];
  _start(): void;
  _abort(error: string): void;
}
