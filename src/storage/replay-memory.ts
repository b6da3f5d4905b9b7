import { getMany, promisifyRequest, setMany, type UseStore } from 'idb-keyval';
import * as z from 'zod/mini';
import type { Environment } from '../environment.ts';
import type { ReplayState } from '../model/replay-state.ts';
import { createPatience, longestOpening, type Patience } from './patience.ts';
import { commitNow } from './table.ts';

/**
 * What replay remembers across tabs and reloads but what no edit depends on, in a small store of its own. Lost, it
 * costs some waiting or an attempt too early; so where it cannot be read or written, the replay of a page goes on without
 * it. A worker's does not: nobody is there who could have come back.
 */
export interface ReplayMemory {
  /** What cannot be read or known is undefined. */
  read(): Promise<Remembered>;
  /** Whether it was written. Only the holder of the right to send writes the state: `isOurs` is asked when its turn comes. */
  write(changes: Remembered, isOurs?: () => boolean): Promise<boolean>;
  /** Nothing is read or written any more. */
  close(): void;
}

export interface Remembered {
  readonly state?: ReplayState | undefined;
  readonly isPaused?: boolean | undefined;
  /** Another name whenever someone says that the session is back (R28). */
  readonly session?: string | undefined;
  /** The user left this device and keeps the data here: nothing is sent until a page opens the name again (R73). */
  readonly isSignedOut?: boolean | undefined;
  /** The servers, by their base URLs, that replace sections (R31). */
  readonly replacing?: readonly string[] | undefined;
}

const wait = z.looseObject({ since: z.number(), until: z.number(), why: z.string() });
const stateSchema = z.object({
  hold: z.optional(wait),
  asked: z.optional(wait),
  isUnauthorized: z.optional(z.boolean()),
  session: z.optional(z.string()),
  leads: z.record(z.string(), wait),
  lastFailed: z.optional(z.string()),
  writtenAt: z.optional(z.number()),
  lastSyncedAt: z.optional(z.number()),
});

const keys = ['state', 'isPaused', 'session', 'isSignedOut', 'replacing'] as const;

/** The name of the store that belongs to a database, chosen so that no app's own name can meet it. */
export function replayMemoryName(name: string): string {
  return `leadbox-replay:${name}`;
}

export function createReplayMemory(name: string, environment: Environment): ReplayMemory {
  let connection: Promise<IDBDatabase> | undefined;
  let isClosed = false;
  /** Of the opening that is under way. */
  let patience: Patience | undefined;
  let latest = Promise.resolve(true);

  const open = async (): Promise<IDBDatabase> => {
    const request = isClosed ? undefined : environment.indexedDB?.open(replayMemoryName(name), 1);
    if (!request) throw new Error('There is no IndexedDB here.');
    request.onupgradeneeded = () => request.result.createObjectStore('memory');
    const opening = promisifyRequest(request);
    const own = createPatience(environment.clock);
    patience = own;
    own.start(longestOpening, new Error('It does not open.'));
    const settled = () => {
      if (patience === own) patience = undefined;
      if (own.isOver()) connection = undefined; // whoever waited was refused
    };
    opening.then((database) => own.isOver() && database.close(), ignored).finally(settled);
    const database = await Promise.race([opening, own.over]).finally(own.stop);
    database.onversionchange = close;
    return database;
  };
  /** The next one opens it anew, unless it does already. */
  const forget = (used: Promise<IDBDatabase>) => {
    if (patience?.isOver() || connection !== used) return; // another try would only stand in line behind this one
    connection = undefined;
    // Still open, it would keep others from deleting the database.
    used.then((database) => database.close(), ignored);
  };
  const close = () => {
    isClosed = true;
    patience?.end(new Error('It was closed.'));
    connection?.then((database) => database.close(), ignored);
  };
  // idb-keyval on a store of our own, so that the environment's IndexedDB is used and the database has our name (R66).
  const store: UseStore = async (mode, use) => {
    connection ??= open();
    const opened = connection;
    try {
      const database = await opened;
      database.onclose = () => forget(opened);
      const transaction = database.transaction('memory', mode);
      const used = use(transaction.objectStore('memory')); // makes all its requests at once
      commitNow(transaction);
      return await used;
    } catch (error) {
      forget(opened);
      throw error;
    }
  };

  const readOnce = async (): Promise<Remembered | undefined> => {
    try {
      const [state, isPaused, session, isSignedOut, replacing] = await getMany<unknown>([...keys], store);
      const known = stateSchema.safeParse(state).success ? (state as ReplayState) : undefined; // the schema says so
      return {
        state: known,
        isPaused: isPaused === true,
        session: typeof session === 'string' ? session : undefined,
        isSignedOut: isSignedOut === true,
        replacing: Array.isArray(replacing) ? replacing : [],
      };
    } catch {
      return undefined;
    }
  };

  const writeOnce = async (changes: Remembered): Promise<boolean> => {
    try {
      const changed = keys.filter((key) => changes[key] !== undefined);
      await setMany(
        changed.map((key) => [key, changes[key]]),
        store,
      );
      return true;
    } catch {
      return false;
    }
  };

  return {
    // A lost connection is no reason to send in a pause: a new one may know of it.
    read: async () => (await readOnce()) ?? (await readOnce()) ?? {},
    write(changes, isOurs = () => true) {
      // One after the other, in the order in which they were decided.
      const attempt = async () => isOurs() && writeOnce(changes);
      const written = latest.then(async () => (await attempt()) || attempt());
      latest = written;
      return written;
    },
    close,
  };
}

/** A connection that never opened need not be closed. */
function ignored(): void {}
