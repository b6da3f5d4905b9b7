import type { Table as DexieTable } from 'dexie';
import type { Environment } from '../environment.ts';
import type { Lead } from '../model/lead.ts';
import { isLeadboxError, LeadboxError } from '../model/leadbox-error.ts';
import { beginNewLog } from './begin-new-log.ts';
import { openDatabase } from './open-database.ts';
import { createPatience, longestOpening } from './patience.ts';
import { createQueries } from './queries.ts';
import { type Rows, tableNames } from './rows.ts';
import { isLostConnection, storageError } from './storage-error.ts';
import { commitNow, needNotBeAwaited, type Table, tableOf } from './table.ts';

/** The leads, the outbox and what belongs to them, in transactions that commit whole or not at all. */
export interface Database {
  /**
   * Resolves with what `body` gave once the transaction is complete. `body` awaits nothing but its tables; after a lost
   * connection it runs again on a new one, and once more where the device was full and room could be made.
   */
  run<T>(mode: 'r' | 'rw', body: (tables: Tables) => PromiseLike<T>, terms?: RunTerms<T>): Promise<T>;
  /** What an app's own query finds: the one thing that is asked of Dexie's tables. */
  query<T>(body: (leads: DexieTable<Lead, string>) => PromiseLike<T>): Promise<T>;
  /** The same as `run`, and where the device is full it stays so. */
  readonly withoutMakingRoom: Pick<Database, 'run'>;
  close(): void;
}

export interface RunTerms<T> {
  /** No such lead goes where room is made. */
  readonly needed?: readonly string[];
  /**
   * Told what `body` gave as soon as all of it is written, while it commits: whoever looks from now on waits for that. The
   * commit may still fail, and what is repeated is told again. Must not throw.
   */
  readonly onWritten?: (result: T) => void;
}

export type Tables = {
  readonly [K in keyof Rows]: Table<Rows[K], K extends 'outbox' | 'parked' ? number : string>;
};

export interface DatabaseOptions {
  readonly name: string;
  readonly indexes: readonly string[];
  readonly durability: 'strict' | 'relaxed';
  readonly environment: Environment;
}

/** What the database tells its leadbox. */
export interface DatabaseHost {
  /** Newer code, or someone who deletes the database, asked for it; it is closed and stays so. */
  readonly onTakenAway: (byUpdate: boolean) => void;
  /** The device is full. Gives whether there may be room now; `needed` leads stay. */
  readonly onFull: (needed: readonly string[]) => Promise<boolean>;
}

const attempts = 3;
/** How long, in milliseconds, a tab with an older version may take to let go. */
const blockedFor = 5_000;
/** How long, in milliseconds, cached leads are left alone after making room did not help. */
const roomPatience = 10_000;

export function createDatabase(options: DatabaseOptions, { onTakenAway, onFull }: DatabaseHost): Database {
  const { clock } = options.environment;
  let connection: Promise<IDBDatabase> | undefined;
  const queries = createQueries(options);
  let wasOpen = false;
  let giveUp = (_why: Error) => {};
  let ended: LeadboxError | undefined;

  const takenAway = (byUpdate: boolean): LeadboxError => {
    queries.close();
    ended ??= byUpdate
      ? new LeadboxError('update-required', 'A newer version of the app uses this database. Reload the page.')
      : new LeadboxError('storage-unavailable', 'The database was deleted. Create a new leadbox.');
    onTakenAway(byUpdate);
    return ended;
  };

  const connect = (): Promise<IDBDatabase> => {
    if (connection) return connection;
    const patience = createPatience(clock);
    const refusal = (message: string) => () => new LeadboxError('storage-unavailable', message);
    patience.start(
      longestOpening,
      refusal('The database does not open. Another tab may hold on to it: close or reload them.'),
    );
    const opening = openDatabase(options, {
      ...{ takenAway, wasOpen, onUpgrade: patience.stop },
      onBlocked: () =>
        patience.start(
          blockedFor,
          refusal('Another tab holds on to an older version of the database. Close or reload it.'),
        ),
    }).finally(patience.stop);
    giveUp = patience.end;
    connection = Promise.race([opening, patience.over]);
    // Whoever waited may have been refused meanwhile: a second attempt would only stand in line behind this one.
    opening.then(
      (database) => {
        wasOpen = true;
        if (ended) database.close();
        else if (patience.isOver()) connection = opening;
      },
      () => {
        connection = undefined;
      },
    );
    return connection;
  };

  // When room was made and did not help: browsers give it back in their own time, more would go for nothing.
  let inVainAt = Number.NEGATIVE_INFINITY;

  let hasNewLog = false;
  /** Once at each start, and not before something was read: it keeps the browser's storage busy for a while (R44). */
  const beginLog = () => {
    const { indexedDB } = options.environment;
    if (!hasNewLog && indexedDB) void beginNewLog(indexedDB, options.name);
    hasNewLog = true;
  };

  const attempt = async <T>(work: (database: IDBDatabase) => PromiseLike<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      if (ended) throw ended;
      const used = connect();
      let isOpen = false;
      try {
        const database = await used;
        isOpen = true;
        const result = await work(database);
        beginLog();
        return result;
      } catch (error) {
        const mayRepeat = isLostConnection(error) || (!isOpen && error instanceof DOMException);
        if (ended || attempt === attempts || !mayRepeat) throw ended ?? storageError(error);
        if (connection === used) connection = undefined;
        queries.close();
        used.then((database) => database.close()).catch(() => {}); // it never opened: nothing to close
      }
    }
  };

  const { IDBKeyRange: keyRange } = options.environment;
  const run: Database['run'] = (mode, body, { onWritten } = {}) =>
    attempt((database) => {
      // IndexedDB's own: Dexie's costs as much again as what it does, above all for its `liveQuery`, which nobody here asks.
      const access = mode === 'r' ? 'readonly' : 'readwrite';
      const transaction = database.transaction(tableNames, access, { durability: options.durability });
      // Opened, it had one.
      const tables = tableNames.map((name) => [
        name,
        tableOf(transaction.objectStore(name), keyRange as typeof IDBKeyRange),
      ]);
      return outcomeOf(transaction, body(Object.fromEntries(tables) as Tables), onWritten); // each table of Rows, by its name
    });

  return {
    query: (body) => attempt(() => queries.run(body)),
    withoutMakingRoom: { run },
    async run(mode, body, terms) {
      try {
        return await run(mode, body, terms);
      } catch (error) {
        const isInVain = Math.abs(options.environment.clock.now() - inVainAt) < roomPatience;
        if (!isLeadboxError(error, 'storage-full') || isInVain || !(await onFull(terms?.needed ?? []))) throw error;
        try {
          return await run(mode, body, terms);
        } catch (again) {
          inVainAt = options.environment.clock.now();
          throw again;
        }
      }
    },
    close() {
      ended ??= closed();
      giveUp(ended);
      queries.close();
      connection?.then((database) => database.close()).catch(() => {}); // it never opened: nothing to close
    },
  };
}

/** What the body gave, once the transaction is complete. */
async function outcomeOf<T>(
  transaction: IDBTransaction,
  body: PromiseLike<T>,
  onWritten: ((result: T) => void) | undefined,
): Promise<T> {
  const complete = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException('It was aborted.', 'AbortError'));
  });
  void needNotBeAwaited(complete);
  try {
    const result = await body;
    commitNow(transaction);
    onWritten?.(result);
    await complete;
    return result;
  } catch (error) {
    abortIfOpen(transaction);
    // Requests only tell that they were aborted, the transaction why.
    if (error instanceof DOMException && error.name === 'AbortError') await complete;
    throw error;
  }
}

function abortIfOpen(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It ended by itself, and tells how by its events.
  }
}

/** Every call after `close()`. */
export function closed(): LeadboxError {
  return new LeadboxError('closed', 'This leadbox was closed. Create a new one to go on; the data is still there.');
}
