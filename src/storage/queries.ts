import { Dexie, type Table } from 'dexie';
import type { Lead } from '../model/lead.ts';
import type { DatabaseOptions } from './database.ts';

/** Dexie's own connection, for the queries that an app writes in its words; opened with the first one. */
export interface Queries {
  /** Only while the database is known to be there: Dexie would make an empty one. */
  run<T>(body: (leads: Table<Lead, string>) => PromiseLike<T>): Promise<T>;
  close(): void;
}

export function createQueries({ name, environment }: DatabaseOptions): Queries {
  let connection: Promise<Dexie> | undefined;

  const open = async (): Promise<Dexie> => {
    const database = new Dexie(name, {
      ...{ allowEmptyDB: true, autoOpen: false, cache: 'disabled' },
      // There are both where a database is open.
      indexedDB: environment.indexedDB as IDBFactory,
      IDBKeyRange: environment.IDBKeyRange as typeof IDBKeyRange,
    });
    database.on('versionchange', () => {
      database.close();
      return false; // Dexie's own handlers would print warnings
    });
    await database.open();
    // It does not say when it loses the connection while it reads what tables there are.
    if (!database.tables.length) {
      database.close();
      throw lost();
    }
    // By itself it would open it again where the browser closed the connection, and create it where it was deleted.
    database.open = () => Dexie.Promise.reject(lost());
    return database;
  };

  return {
    async run(body) {
      const used = connection ?? open();
      connection = used;
      used.catch(() => {
        if (connection === used) connection = undefined; // the next query tries again
      });
      const database = await used;
      return await database.transaction('r!', 'leads', (inside) => body(inside.table('leads')));
    },
    close() {
      connection?.then((database) => database.close()).catch(() => {}); // it never opened: nothing to close
      connection = undefined;
    },
  };
}

function lost(): Error {
  return new Dexie.DatabaseClosedError('The browser closed the connection.');
}
