import { Dexie, type Table } from 'dexie';
import type { Environment } from '../environment.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import { beginNewLog } from './begin-new-log.ts';
import { type Rows, rowFormat, tableSchemas } from './rows.ts';
import { isLostConnection, storageError } from './storage-error.ts';

/** The leads, the outbox and what belongs to them, in transactions that commit whole or not at all. */
export interface Database {
  /**
   * Resolves with what `body` gave once the transaction is complete. `body` awaits nothing but its tables; after a lost
   * connection it runs again on a new one.
   */
  run<T>(mode: 'r' | 'rw', body: (tables: Tables) => PromiseLike<T>): Promise<T>;
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
}

// Version numbers leave room for the indexes that apps add later: format 1 is 1000, 1001, …
const versionsPerFormat = 1000;
const attempts = 3;
const tableNames = Object.keys(tableSchemas([])) as (keyof Rows)[]; // its keys are those of Rows

/** `onTakenAway`: newer code, or someone who deletes the database, asked for it; it is closed and stays so. */
export function createDatabase(options: DatabaseOptions, onTakenAway: (byUpdate: boolean) => void): Database {
  let connection: Promise<Dexie> | undefined;
  let wasOpen = false;
  let ended: LeadboxError | undefined;

  const takenAway = (byUpdate: boolean): LeadboxError => {
    ended ??= byUpdate
      ? new LeadboxError('update-required', 'A newer version of the app uses this database. Reload the page.')
      : new LeadboxError('storage-unavailable', 'The database was deleted. Create a new leadbox.');
    onTakenAway(byUpdate);
    return ended;
  };

  const connect = () => {
    connection ??= open(options, takenAway, wasOpen).then(
      (database) => {
        wasOpen = true;
        return database;
      },
      (error: unknown) => {
        connection = undefined;
        throw error;
      },
    );
    return connection;
  };

  return {
    async run(mode, body) {
      for (let attempt = 1; ; attempt++) {
        if (ended) throw ended;
        const used = connect();
        try {
          const database = await used;
          return await database.transaction(`${mode}!`, tableNames, (transaction) => {
            // The transaction's own tables: they stay in it even where Dexie loses track of its zone.
            const tables = tableNames.map((name) => [name, transaction.table(name)]);
            return body(Object.fromEntries(tables) as Tables); // each table of Rows, by its name
          });
        } catch (error) {
          if (ended || attempt === attempts || !isLostConnection(error)) throw ended ?? storageError(error);
          if (connection === used) connection = undefined;
          used.then((database) => database.close()).catch(() => {}); // it never opened: nothing to close
        }
      }
    },
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

/**
 * Opens the database as it is if it fits, and only otherwise creates or extends it: Dexie would silently open one that
 * newer code wrote, and print a warning where an index is missing.
 */
async function open(
  options: DatabaseOptions,
  takenAway: (byUpdate: boolean) => LeadboxError,
  wasOpen: boolean,
): Promise<Dexie> {
  const { indexedDB, IDBKeyRange } = options.environment;
  if (!indexedDB || !IDBKeyRange) {
    throw new LeadboxError('storage-unavailable', 'There is no IndexedDB here, so nothing can be kept.');
  }
  await beginNewLog(indexedDB, options.name);
  let isOurs = false;
  const create = () => {
    const database = new Dexie(options.name, {
      allowEmptyDB: true,
      indexedDB,
      IDBKeyRange,
      autoOpen: false,
      cache: 'disabled',
      chromeTransactionDurability: options.durability,
    });
    database.on('versionchange', ({ newVersion }) => {
      database.close();
      // While it is only being looked at, another tab may well create or extend it.
      if (isOurs) takenAway(newVersion !== null);
      return false; // Dexie's own handlers would print warnings
    });
    database.on('blocked', () => false);
    return database;
  };

  const found = await create().open();
  const exists = found.tables.length > 0;
  if (exists && found.verno >= (rowFormat + 1) * versionsPerFormat) {
    found.close();
    throw takenAway(true);
  }
  // Deleted under us: an empty one in its place would make every edit look settled (R72).
  if (!exists && wasOpen) throw takenAway(false);
  const installed = exists ? found.table('leads').schema.indexes.map(({ src }) => src) : [];
  const missing = options.indexes.filter((index) => !installed.includes(index));
  isOurs = true;
  if (exists && !missing.length) return found;
  const version = exists ? found.verno + 1 : rowFormat * versionsPerFormat;
  found.close();
  const extended = create();
  extended.version(version).stores(tableSchemas([...installed, ...missing]));
  return extended.open();
}
