import { IDBVersionChangeEvent } from 'fake-indexeddb';
import type { FakeConnection, FakeDatabase, FakeFactory, FakeTransaction } from './fake-internals.ts';
import type { Scheduler } from './scheduler.ts';
import type { Tab } from './tab.ts';

/** How a transaction goes wrong; 'lost' and 'closed': with the connection, without or with word of it. */
export type StorageFault = 'throws' | 'lost' | 'closed' | 'NotReadableError' | 'QuotaExceededError';

export interface StorageHost {
  readonly factory: FakeFactory;
  readonly scheduler: Scheduler;
  /** A fault for the transaction that begins. */
  readonly faultOf: (tab: Tab, database: string, mode: IDBTransactionMode) => StorageFault | undefined;
  /** Told at the commit of a write transaction, before the tab learns of it. */
  readonly onCommit: (tab: Tab, database: string) => void;
}

const wrapped = new WeakSet<FakeDatabase>();

/** The device's storage as one tab has it: its steps are the tab's tasks. */
export function tabStorage(tab: Tab, host: StorageHost): IDBFactory {
  const { factory } = host;
  const open = (name: string, version?: number): IDBOpenDBRequest => {
    if (tab.isDead) throw new DOMException('The page is gone.', 'UnknownError');
    const request = version === undefined ? factory.open(name) : factory.open(name, version);
    const take = () => {
      takeOver(request.result as FakeConnection, tab, host); // what this factory gives
      if (tab.isDead) request.transaction?.abort();
      if (tab.isDead) closeConnections(tab);
    };
    const opened = () => void tab.opening.delete(request);
    tab.opening.add(request);
    request.addEventListener('upgradeneeded', take);
    request.addEventListener('success', take);
    request.addEventListener('success', opened);
    request.addEventListener('error', opened);
    return request;
  };
  return new Proxy(factory, {
    get(target, name) {
      if (name === 'open') return open;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** The connections of a tab end without a word, and their transactions abort: as when its process dies. */
export function closeConnections(tab: Tab): void {
  for (const transaction of tab.transactions) abort(transaction, 'AbortError');
  for (const connection of tab.connections) connection.close();
}

function takeOver(connection: FakeConnection, tab: Tab, host: StorageHost): void {
  if (tab.connections.has(connection)) return;
  tab.connections.add(connection);
  const database = connection._rawDatabase;
  if (!wrapped.has(database)) {
    wrapped.add(database);
    const process = database.processTransactions;
    // Which transaction is next is nobody's task, so that a frozen tab holds up no other by it.
    database.processTransactions = () => host.scheduler.as(undefined, process);
  }
  const own = () => [...tab.transactions].filter(({ db }) => db === connection);
  const endIfIdle = () => {
    if (!connection._closePending || own().length) return;
    connection._closed = true;
    database.connections = database.connections.filter((other) => other !== connection);
    tab.connections.delete(connection);
  };
  // As the standard says; the database in memory would also wait for the transactions of other connections.
  connection.close = () => {
    connection._closePending = true;
    endIfIdle();
  };
  const lose = (isTold: boolean) => {
    for (const transaction of own()) abort(transaction, 'UnknownError'); // as browsers do
    connection.close();
    if (isTold) host.scheduler.post(tab, 'storage', () => connection.dispatchEvent(new IDBVersionChangeEvent('close')));
  };

  const begin = connection.transaction.bind(connection);
  connection.transaction = (tables, mode = 'readonly', options) => {
    const fault = tab.isDead ? undefined : host.faultOf(tab, connection.name, mode);
    if (fault === 'throws') throw new DOMException('The storage is broken.', 'NotReadableError');
    if (fault === 'lost') lose(false);
    const transaction = begin(tables, mode, options) as FakeTransaction; // what this connection gives
    tab.transactions.add(transaction);
    if (fault === 'closed') host.scheduler.post(tab, 'storage', () => lose(true));
    else if (fault !== 'lost' && fault !== undefined) abortInsteadOfCommit(transaction, fault);
    ownSteps(transaction, tab, host.scheduler);
    const over = () => {
      tab.transactions.delete(transaction);
      endIfIdle();
    };
    transaction.addEventListener('complete', () => {
      over();
      if (mode === 'readwrite') host.onCommit(tab, connection.name);
    });
    transaction.addEventListener('abort', over);
    return transaction;
  };
}

/** A transaction that another tab's end lets begin goes on as a task of its own tab. */
function ownSteps(transaction: FakeTransaction, tab: Tab, scheduler: Scheduler): void {
  const step = transaction._start;
  transaction._start = () => {
    if (scheduler.current() === tab) return step.call(transaction);
    transaction._started = true;
    scheduler.post(tab, 'storage', () => step.call(transaction));
  };
}

/** As a full disk does it: every request succeeds, and then the transaction is aborted all the same. */
function abortInsteadOfCommit(transaction: FakeTransaction, error: string): void {
  const step = transaction._start;
  transaction._start = () => {
    const isAtEnd = transaction._requests.every(({ request }) => request.readyState === 'done');
    if (isAtEnd) abort(transaction, error);
    else step.call(transaction);
  };
}

function abort(transaction: FakeTransaction, error: string): void {
  if (transaction._state === 'finished') return;
  const database = (transaction.db as FakeConnection)._rawDatabase; // its connection is one of the fakes too
  transaction._abort(error);
  database.processTransactions();
}
