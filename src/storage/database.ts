import { Dexie, type Table } from 'dexie';
import type { Environment } from '../environment.ts';
import { isLeadboxError, LeadboxError } from '../model/leadbox-error.ts';
import { type Rows, rowFormat, tableSchemas } from './rows.ts';
import { isLostConnection, storageError } from './storage-error.ts';

/** The leads, the outbox and what belongs to them, in transactions that commit whole or not at all. */
export interface Database {
  /**
   * Resolves with what `body` gave once the transaction is complete. `body` awaits nothing but its tables; after a lost
   * connection it runs again on a new one, and once more where the device was full and room could be made.
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

/** What the database tells its leadbox. */
export interface DatabaseHost {
  /** Newer code, or someone who deletes the database, asked for it; it is closed and stays so. */
  readonly onTakenAway: (byUpdate: boolean) => void;
  /** The device is full. Gives whether there may be room now, made by `run` of this database. */
  readonly onFull: (database: Pick<Database, 'run'>) => Promise<boolean>;
}

// Version numbers leave room for the indexes that apps add later: format 1 is 1000, 1001, …
const versionsPerFormat = 1000;
const attempts = 3;
/** How long, in milliseconds, a tab with an older version may take to let go. */
const patience = 5_000;
const tableNames = Object.keys(tableSchemas([])) as (keyof Rows)[]; // its keys are those of Rows

export function createDatabase(options: DatabaseOptions, { onTakenAway, onFull }: DatabaseHost): Database {
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

  const run: Database['run'] = async (mode, body) => {
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
  };

  return {
    async run(mode, body) {
      try {
        return await run(mode, body);
      } catch (error) {
        if (!isLeadboxError(error, 'storage-full') || !(await onFull({ run }))) throw error;
        return run(mode, body);
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
  const { indexedDB, IDBKeyRange, clock } = options.environment;
  if (!indexedDB || !IDBKeyRange) {
    throw new LeadboxError('storage-unavailable', 'There is no IndexedDB here, so nothing can be kept.');
  }
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
  const exists = found.backendDB().objectStoreNames.length > 0;
  if (exists && !found.tables.length) {
    // Lost again while Dexie was reading the schema; Dexie says nothing.
    found.close();
    throw new Dexie.DatabaseClosedError();
  }
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
  let timer: unknown;
  const blocked = new Promise<never>((_resolve, reject) => {
    extended.on('blocked', () => {
      const message = 'Another tab holds on to an older version of the database. Close or reload it.';
      timer ??= clock.setTimeout(() => reject(new LeadboxError('storage-unavailable', message)), patience);
    });
  });
  const opening = extended.open();
  try {
    return await Promise.race([opening, blocked]);
  } catch (error) {
    opening.then(() => extended.close()).catch(() => {}); // nobody waits for it any more
    throw error;
  } finally {
    clock.clearTimeout(timer);
  }
}
