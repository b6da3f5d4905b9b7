import { Dexie } from 'dexie';
import { LeadboxError } from '../model/leadbox-error.ts';
import type { DatabaseOptions } from './database.ts';
import { rowFormat, tableSchemas } from './rows.ts';

/** What opening tells its database, and needs to know of it. */
export interface Opening {
  /** Newer code, or someone who deletes the database, asked for it. Gives what calls reject with from now on. */
  readonly takenAway: (byUpdate: boolean) => LeadboxError;
  /** Another tab does not let go of an older version. */
  readonly onBlocked: () => void;
  /** Whether it was open before: then one that is missing was deleted. */
  readonly wasOpen: boolean;
}

// Version numbers leave room for the indexes that apps add later: format 1 is 1000, 1001, …
const versionsPerFormat = 1000;

/**
 * Opens the database as it is if it fits, and only otherwise creates or extends it: Dexie would silently open one that
 * newer code wrote, and print a warning where an index is missing. Waits for as long as it takes.
 */
export async function openDatabase(
  options: DatabaseOptions,
  { takenAway, onBlocked, wasOpen }: Opening,
): Promise<Dexie> {
  const { indexedDB, IDBKeyRange } = options.environment;
  if (!indexedDB || !IDBKeyRange) {
    throw new LeadboxError('storage-unavailable', 'There is no IndexedDB here, so nothing can be kept.');
  }
  // Deleted under us: an empty one in its place would make every edit look settled (R72).
  if (wasOpen && (await isMissing(indexedDB, options.name))) throw takenAway(false);
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
  // Dexie does not say when it loses the connection while it reads what tables there are.
  if (exists && !found.tables.length) {
    found.close();
    throw new Dexie.DatabaseClosedError('The browser closed the connection.');
  }
  if (exists && found.verno >= (rowFormat + 1) * versionsPerFormat) {
    found.close();
    throw takenAway(true);
  }
  // Deleted since then.
  if (!exists && wasOpen) {
    found.close();
    throw takenAway(false);
  }
  const installed = exists ? found.table('leads').schema.indexes.map(({ src }) => src) : [];
  const missing = options.indexes.filter((index) => !installed.includes(index));
  isOurs = true;
  if (exists && !missing.length) return neverReopened(found);
  const version = exists ? found.verno + 1 : rowFormat * versionsPerFormat;
  found.close();
  const extended = create();
  extended.version(version).stores(tableSchemas([...installed, ...missing]));
  extended.on('blocked', onBlocked);
  return neverReopened(await extended.open());
}

/** Dexie would open it again by itself where the browser closed the connection, and create it where it was deleted. */
function neverReopened(database: Dexie): Dexie {
  database.open = () => Dexie.Promise.reject(new Dexie.DatabaseClosedError('The browser closed the connection.'));
  return database;
}

/** Whether there is no such database, found out without creating one. */
function isMissing(indexedDB: IDBFactory, name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = indexedDB.open(name);
    let wouldBeNew = false;
    request.onupgradeneeded = () => {
      wouldBeNew = true;
      request.transaction?.abort();
    };
    request.onsuccess = () => {
      request.result.close();
      resolve(false);
    };
    // Whatever else is wrong with it, opening it for good will say.
    request.onerror = () => resolve(wouldBeNew);
  });
}
