import type { Table as DexieTable } from 'dexie';
import type { Environment } from '../environment.ts';
import type { Lead } from '../model/lead.ts';
import { isLeadboxError } from '../model/leadbox-error.ts';
import { createConnection } from './connection.ts';
import { createQueries } from './queries.ts';
import { type Rows, tableNames } from './rows.ts';
import { type Table, tableOf } from './table.ts';
import { completed } from './transaction.ts';

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

/** How long, in milliseconds, cached leads are left alone after making room did not help. */
const roomPatience = 10_000;

export function createDatabase(options: DatabaseOptions, { onTakenAway, onFull }: DatabaseHost): Database {
  const { clock, IDBKeyRange: keyRange } = options.environment;
  const queries = createQueries(options);
  const connection = createConnection(options, { onTakenAway, onLetGo: queries.close });

  // When room was made and did not help: browsers give it back in their own time, more would go for nothing.
  let inVainAt = Number.NEGATIVE_INFINITY;

  const run: Database['run'] = (mode, body, { onWritten } = {}) =>
    connection.use((database) => {
      // IndexedDB's own: Dexie's costs as much again as what it does, above all for its `liveQuery`, which nobody here asks.
      const access = mode === 'r' ? 'readonly' : 'readwrite';
      const transaction = database.transaction(tableNames, access, { durability: options.durability });
      // Opened, it had one.
      const tables = tableNames.map((name) => [
        name,
        tableOf(transaction.objectStore(name), keyRange as typeof IDBKeyRange),
      ]);
      return completed(transaction, body(Object.fromEntries(tables) as Tables), onWritten); // each table of Rows, by its name
    });

  return {
    query: (body) => connection.use(() => queries.run(body)),
    withoutMakingRoom: { run },
    async run(mode, body, terms) {
      try {
        return await run(mode, body, terms);
      } catch (error) {
        const isInVain = Math.abs(clock.now() - inVainAt) < roomPatience;
        if (!isLeadboxError(error, 'storage-full') || isInVain || !(await onFull(terms?.needed ?? []))) throw error;
        try {
          return await run(mode, body, terms);
        } catch (again) {
          inVainAt = clock.now();
          throw again;
        }
      }
    },
    close: connection.close,
  };
}
