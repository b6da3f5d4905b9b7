import { promisifyRequest } from 'idb-keyval';
import { LeadboxError } from '../model/leadbox-error.ts';
import type { DatabaseOptions } from './database.ts';
import { createTables, databaseVersion, hasIndexes } from './rows.ts';

/** What opening tells its database, and needs to know of it. */
export interface Opening {
  /** Newer code, or someone who deletes the database, asked for it. Gives what calls reject with from now on. */
  readonly takenAway: (byUpdate: boolean) => LeadboxError;
  /** Another tab does not let go of an older version. */
  readonly onBlocked: () => void;
  /** It is being created or extended now. */
  readonly onUpgrade: () => void;
  /** Whether it was open before: then one that is missing was deleted. */
  readonly wasOpen: boolean;
}

/**
 * Opens the database as it is if it fits, and only otherwise creates or extends it. Waits for as long as it takes. Not by
 * Dexie, which would silently open one that newer code wrote, and takes three times as long.
 */
export async function openDatabase(
  { name, indexes, environment: { indexedDB, IDBKeyRange } }: DatabaseOptions,
  { takenAway, onBlocked, onUpgrade, wasOpen }: Opening,
): Promise<IDBDatabase> {
  if (!indexedDB || !IDBKeyRange) {
    throw new LeadboxError('storage-unavailable', 'There is no IndexedDB here, so nothing can be kept.');
  }
  let isOurs = false;
  const open = async (version?: number): Promise<IDBDatabase | undefined> => {
    const request = indexedDB.open(name, version);
    request.onblocked = onBlocked;
    request.onupgradeneeded = () => {
      const { result, transaction } = request;
      if (version) {
        onUpgrade();
        return createTables(result, transaction as IDBTransaction, indexes); // it is there while this runs
      }
      // It was only to be looked at: it is not there, and is not to be made.
      transaction?.abort();
      result.close();
    };
    try {
      const database = await promisifyRequest(request);
      database.onversionchange = ({ newVersion }) => {
        database.close();
        // While it is only being looked at, another tab may well create or extend it.
        if (isOurs) takenAway(newVersion !== null);
      };
      return database;
    } catch (error) {
      const { name: problem } = error as DOMException; // a request fails with nothing else
      if (version === undefined && problem === 'AbortError') return undefined;
      // Another tab extended it just now.
      if (problem === 'VersionError') return open();
      throw error;
    }
  };

  for (let found = await open(); ; ) {
    const database = found?.objectStoreNames.length ? found : undefined;
    const isNewer = !!database && database.version >= databaseVersion(1);
    // Deleted under us: an empty one in its place would make every edit look settled (R72).
    if (isNewer || (!database && wasOpen)) {
      found?.close();
      throw takenAway(isNewer);
    }
    isOurs = !!database && hasIndexes(database, indexes);
    if (database && isOurs) return database;
    found?.close();
    found = await open(database ? database.version + 10 : databaseVersion());
  }
}
