import { Dexie, type Table } from 'dexie';
import type { Environment } from '../environment.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import { type Rows, rowFormat, tableSchemas } from './rows.ts';
import { isLostConnection, storageError } from './storage-error.ts';

/** The leads, the outbox and what belongs to them, in transactions that commit whole or not at all. */
export interface Database {
  /** Resolves with what `body` gave once the transaction is complete. `body` awaits nothing but its tables. */
  read<T>(tables: readonly (keyof Rows)[], body: (tables: Tables) => PromiseLike<T>): Promise<T>;
  /** As `read`, for writing. After a lost connection `body` runs again on a new one: it must be repeatable. */
  write<T>(tables: readonly (keyof Rows)[], body: (tables: Tables) => PromiseLike<T>): Promise<T>;
  close(): void;
}

export type Tables = {
  readonly [K in keyof Rows]: Table<Rows[K], K extends 'outbox' | 'parked' ? number : string>;
};

export interface DatabaseOptions {
  readonly name: string;
  readonly indexes: readonly string[];
  readonly durability: 'strict' | 'relaxed';
  readonly environment: Environment;
  /** Newer code, or someone who deletes the database, asked for it: it is closed and stays so. */
  readonly onTakenAway: (by: 'update' | 'deletion') => void;
}

// Version numbers leave room for the indexes that apps add later: format 1 is 1000, 1001, …
const versionsPerFormat = 1000;
const attempts = 3;

export function createDatabase(options: DatabaseOptions): Database {
  let connection: Promise<Dexie> | undefined;
  let ended: LeadboxError | undefined;

  const takenAway = (by: 'update' | 'deletion') => {
    ended ??=
      by === 'update'
        ? updateRequired()
        : new LeadboxError('storage-unavailable', 'The database was deleted from outside. Create the leadbox anew.');
    options.onTakenAway(by);
  };

  const connect = (): Promise<Dexie> => {
    connection ??= open(options, takenAway).catch((error: unknown) => {
      connection = undefined;
      throw error;
    });
    return connection;
  };

  const run = async <T>(
    mode: 'r!' | 'rw!',
    names: readonly (keyof Rows)[],
    body: (tables: Tables) => PromiseLike<T>,
  ): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      if (ended) throw ended;
      try {
        const database = await connect();
        // The names are those of this database's tables, so that each table holds its row type.
        return await database.transaction(mode, [...names], (transaction) => body(tablesOf(transaction) as Tables));
      } catch (error) {
        if (attempt === attempts || ended || !isLostConnection(error)) throw ended ?? storageError(error);
        connection = undefined;
      }
    }
  };

  return {
    read: (names, body) => run('r!', names, body),
    write: (names, body) => run('rw!', names, body),
    close() {
      ended ??= closed();
      connection?.then((database) => database.close()).catch(() => {}); // it never opened: nothing to close
    },
  };
}

/** Every call after `close()`. */
export function closed(): LeadboxError {
  return new LeadboxError('closed', 'This leadbox was closed. Create a new one to go on; the data is still there.');
}

function tablesOf(transaction: { table(name: string): unknown }): Record<keyof Rows, unknown> {
  // The transaction's own tables: they stay in it even where Dexie loses track of its zone.
  return new Proxy({} as Record<keyof Rows, unknown>, { get: (_, name) => transaction.table(String(name)) });
}

/**
 * Opens the database as it is if it fits, and only otherwise creates or extends it: Dexie would silently open one that
 * newer code wrote, and print a warning where an index is missing.
 */
async function open(options: DatabaseOptions, onTakenAway: (by: 'update' | 'deletion') => void): Promise<Dexie> {
  const { indexedDB, IDBKeyRange } = options.environment;
  if (!indexedDB || !IDBKeyRange) {
    throw new LeadboxError('storage-unavailable', 'There is no IndexedDB here, so that nothing can be kept.');
  }
  const create = () => {
    const database = new Dexie(options.name, {
      indexedDB,
      IDBKeyRange,
      autoOpen: false,
      cache: 'disabled',
      chromeTransactionDurability: options.durability,
    });
    database.on('versionchange', (event) => {
      database.close();
      onTakenAway(event.newVersion === null ? 'deletion' : 'update');
      return false; // Dexie's own handler would print a warning
    });
    return database;
  };

  const found = create();
  const exists = await found.open().then(
    () => true,
    (error: unknown) => {
      if (error instanceof Dexie.NoSuchDatabaseError) return false;
      throw storageError(error);
    },
  );
  const installed = exists ? found.table('leads').schema.indexes.map((index) => index.src) : [];
  if (exists && found.verno >= (rowFormat + 1) * versionsPerFormat) {
    found.close();
    throw updateRequired();
  }
  const missing = options.indexes.filter((index) => !installed.includes(index));
  if (exists && missing.length === 0) return found;
  const version = exists ? found.verno + 1 : rowFormat * versionsPerFormat;
  found.close();

  const extended = create();
  extended.version(version).stores(tableSchemas([...installed, ...missing]));
  try {
    await extended.open();
  } catch (error) {
    throw storageError(error);
  }
  return extended;
}

function updateRequired(): LeadboxError {
  return new LeadboxError(
    'update-required',
    'A newer version of the app uses this database. Reload the page; nothing was touched.',
  );
}
