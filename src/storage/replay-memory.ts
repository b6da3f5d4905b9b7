import { getMany, set, type UseStore } from 'idb-keyval';
import type { Environment } from '../environment.ts';
import type { ReplayState } from '../model/replay-state.ts';

/**
 * What replay remembers across tabs and reloads but what no edit depends on, in a small store of its own. Lost, it
 * costs some waiting or an attempt too early; so where it cannot be read or written, replay goes on without it.
 */
export interface ReplayMemory {
  /** `paused` is undefined where it cannot be known. */
  read(): Promise<{ readonly state?: ReplayState | undefined; readonly paused: boolean | undefined }>;
  /** Only the holder of the sender's lock writes the state. */
  write(state: ReplayState): Promise<void>;
  writePaused(paused: boolean): Promise<void>;
  close(): void;
}

export function createReplayMemory(name: string, environment: Environment): ReplayMemory {
  let connection: Promise<IDBDatabase> | undefined;
  let ended = false;

  const connect = () => {
    connection ??= openStore(environment, `${name}-replay`, () => {
      connection = undefined;
    }).catch((error: unknown) => {
      connection = undefined;
      throw error;
    });
    return connection;
  };
  // idb-keyval on a store of our own, so that the environment's IndexedDB is used and the database has our name.
  const store: UseStore = async (mode, use) => use((await connect()).transaction('memory', mode).objectStore('memory'));

  const write = async (key: string, value: unknown) => {
    if (!ended) await set(key, value, store).catch(() => {});
  };

  return {
    async read() {
      if (ended) return { paused: undefined };
      const values = await getMany<unknown>(['state', 'paused'], store).catch(() => undefined);
      const state = values?.[0] as ReplayState | undefined; // written below and nowhere else
      return { state, paused: values && values[1] === true };
    },
    write: (state) => write('state', state),
    writePaused: (paused) => write('paused', paused),
    close() {
      ended = true;
      connection?.then((database) => database.close()).catch(() => {}); // it never opened: nothing to close
    },
  };
}

function openStore(environment: Environment, name: string, onLost: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = environment.indexedDB?.open(name, 1);
    if (!request) return reject(new Error('no IndexedDB'));
    request.onupgradeneeded = () => request.result.createObjectStore('memory');
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const database = request.result;
      database.onclose = onLost;
      database.onversionchange = () => {
        database.close();
        onLost();
      };
      resolve(database);
    };
  });
}
