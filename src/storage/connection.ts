import { LeadboxError } from '../model/leadbox-error.ts';
import { beginNewLog } from './begin-new-log.ts';
import type { DatabaseOptions } from './database.ts';
import { openDatabase } from './open-database.ts';
import { createPatience, longestOpening } from './patience.ts';
import { isLostConnection, storageError } from './storage-error.ts';

/** The connection to IndexedDB, opened by the first work and again where the browser closed it. */
export interface Connection {
  /** Gives what `work` gave. After a lost connection it runs again on a new one, three times at most (R47). */
  use<T>(work: (database: IDBDatabase) => PromiseLike<T>): Promise<T>;
  close(): void;
}

export interface ConnectionHost {
  /** Newer code, or someone who deletes the database, asked for it; it is closed and stays so. */
  readonly onTakenAway: (byUpdate: boolean) => void;
  /** The database is let go of: what else is open on it is to be closed, too. */
  readonly onLetGo: () => void;
}

const attempts = 3;
/** How long, in milliseconds, a tab with an older version may take to let go. */
const blockedFor = 5_000;

export function createConnection(options: DatabaseOptions, { onTakenAway, onLetGo }: ConnectionHost): Connection {
  const { environment } = options;
  let connection: Promise<IDBDatabase> | undefined;
  let wasOpen = false;
  let giveUp = (_why: Error) => {};
  let ended: LeadboxError | undefined;

  const takenAway = (byUpdate: boolean): LeadboxError => {
    onLetGo();
    ended ??= byUpdate
      ? new LeadboxError('update-required', 'A newer version of the app uses this database. Reload the page.')
      : new LeadboxError('storage-unavailable', 'The database was deleted. Create a new leadbox.');
    onTakenAway(byUpdate);
    return ended;
  };

  const connect = (): Promise<IDBDatabase> => {
    if (connection) return connection;
    const patience = createPatience(environment.clock);
    const waitFor = (milliseconds: number, why: string) =>
      patience.start(milliseconds, new LeadboxError('storage-unavailable', why));
    waitFor(longestOpening, 'The database does not open. Another tab may hold on to it: close or reload them.');
    const opening = openDatabase(options, {
      ...{ takenAway, wasOpen, onUpgrade: patience.stop },
      onBlocked: () =>
        waitFor(blockedFor, 'Another tab holds on to an older version of the database. Close or reload it.'),
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

  let hasNewLog = false;
  /** Once at each start, and not before something was read: it keeps the browser's storage busy for a while (R44). */
  const beginLog = () => {
    const { indexedDB } = environment;
    if (!hasNewLog && indexedDB) void beginNewLog(indexedDB, options.name);
    hasNewLog = true;
  };

  return {
    async use(work) {
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
          onLetGo();
          used.then((database) => database.close()).catch(() => {}); // it never opened: nothing to close
        }
      }
    },
    close() {
      ended ??= closed();
      giveUp(ended);
      onLetGo();
      connection?.then((database) => database.close()).catch(() => {}); // it never opened: nothing to close
    },
  };
}

/** Every call after `close()`. */
export function closed(): LeadboxError {
  return new LeadboxError('closed', 'This leadbox was closed. Create a new one to go on; the data is still there.');
}
