import { getMany, promisifyRequest, set, type UseStore } from 'idb-keyval';
import type { Environment } from '../environment.ts';
import type { ReplayState } from '../model/replay-state.ts';

/**
 * What replay remembers across tabs and reloads but what no edit depends on, in a small store of its own. Lost, it
 * costs some waiting or an attempt too early; so where it cannot be read or written, replay goes on without it.
 */
export interface ReplayMemory {
  /** `isPaused` is undefined where it cannot be known. */
  read(): Promise<{ readonly state?: ReplayState | undefined; readonly isPaused?: boolean }>;
  /** Only the holder of the sender's lock writes the state. */
  write(state: ReplayState): Promise<boolean>;
  /** Whether it was written. */
  writePaused(isPaused: boolean): Promise<boolean>;
  close(): void;
}

export function createReplayMemory(name: string, environment: Environment): ReplayMemory {
  let connection: Promise<IDBDatabase> | undefined;

  const open = async (): Promise<IDBDatabase> => {
    const request = environment.indexedDB?.open(`leadbox-replay:${name}`, 1);
    if (!request) throw new Error('There is no IndexedDB here.');
    request.onupgradeneeded = () => request.result.createObjectStore('memory');
    const database = await promisifyRequest(request);
    database.onclose = forget;
    database.onversionchange = () => {
      database.close();
      forget();
    };
    return database;
  };
  const forget = () => {
    connection = undefined;
  };
  // idb-keyval on a store of our own, so that the environment's IndexedDB is used and the database has our name (R66).
  const store: UseStore = async (mode, use) => {
    connection ??= open();
    return use((await connection).transaction('memory', mode).objectStore('memory'));
  };
  const write = async (key: string, value: unknown) => {
    try {
      await set(key, value, store);
      return true;
    } catch {
      forget();
      return false;
    }
  };

  return {
    async read() {
      try {
        const [state, isPaused] = await getMany<unknown>(['state', 'paused'], store);
        return { state: state as ReplayState | undefined, isPaused: isPaused === true }; // as `write` wrote it
      } catch {
        forget();
        return {};
      }
    },
    write: (state) => write('state', state),
    writePaused: (isPaused) => write('paused', isPaused),
    close: () => void connection?.then((database) => database.close(), forget),
  };
}
