/**
 * Everything the library takes from its host, and the only file that reads platform globals. The defaults are the
 * browser's, looked up when they are used, so that importing the library or creating a leadbox on a server does nothing.
 */
export interface Environment {
  readonly fetch: (input: string, init: RequestInit) => Promise<Response>;
  /** undefined where the host has none: the first call that needs it rejects with 'storage-unavailable'. */
  readonly indexedDB: IDBFactory | undefined;
  readonly IDBKeyRange: typeof IDBKeyRange | undefined;
  /** Of the page or worker; undefined where there is none. */
  readonly origin: string | undefined;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** undefined where the host has no Web Locks. */
  readonly locks: Pick<LockManager, 'request'> | undefined;
  readonly connectivity: {
    /** A hint: false slows attempts down, it never stops them. */
    onLine(): boolean;
    subscribe(changed: () => void): () => void;
  };
  readonly lifecycle: {
    visible(): boolean;
    subscribe(changed: (to: 'visible' | 'hidden' | 'frozen' | 'resumed') => void): () => void;
  };
  /** BroadcastChannel or its like; undefined: other tabs are noticed when this one becomes visible, and every 30 s. */
  readonly channel: ((name: string) => Pick<BroadcastChannel, 'postMessage' | 'close' | 'onmessage'>) | undefined;
  /** undefined where the host keeps no storage for good. */
  readonly storage: Pick<StorageManager, 'persist' | 'persisted' | 'estimate'> | undefined;
  /** Asks the browser to wake the app's service worker once there is a network; undefined where it cannot. */
  readonly backgroundSync: { register(tag: string): Promise<void> } | undefined;
  /** The only way anything is printed. */
  readonly warn: (message: string) => void;
}

/** Milliseconds, as Date.now and setTimeout have them. */
export interface Clock {
  now(): number;
  setTimeout(run: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** The browser's environment with the host's replacements. */
export function createEnvironment(replacements: Partial<Environment> = {}): Environment {
  const browser: Environment = {
    fetch: (input, init) => globalThis.fetch(input, init),
    get indexedDB() {
      return allowed(() => globalThis.indexedDB as IDBFactory | undefined); // typed as always there; Node and some private modes have none
    },
    get IDBKeyRange() {
      return globalThis.IDBKeyRange as typeof IDBKeyRange | undefined; // as above
    },
    get origin() {
      return (globalThis.location as Location | undefined)?.origin; // Node has none
    },
    clock: {
      now: () => Date.now(),
      setTimeout: (run, milliseconds) => globalThis.setTimeout(run, milliseconds),
      clearTimeout: (timer) => globalThis.clearTimeout(timer as number), // what setTimeout gave; a number in a browser
    },
    random: () => Math.random(),
    get locks() {
      return (globalThis.navigator as Navigator | undefined)?.locks as LockManager | undefined; // Node 20 and insecure pages have none
    },
    connectivity: {
      onLine: () => (globalThis.navigator as Navigator | undefined)?.onLine !== false,
      subscribe: (changed) => listen(globalThis, ['online', 'offline'], changed),
    },
    lifecycle: {
      visible: () => (globalThis.document as Document | undefined)?.visibilityState !== 'hidden',
      subscribe: subscribeToLifecycle,
    },
    get channel() {
      const Channel = globalThis.BroadcastChannel as typeof BroadcastChannel | undefined; // older browsers have none
      return Channel && ((name: string) => new Channel(name));
    },
    get storage() {
      return (globalThis.navigator as Navigator | undefined)?.storage as StorageManager | undefined; // insecure pages have none
    },
    get backgroundSync() {
      const workers = allowed(
        () => (globalThis.navigator as Navigator | undefined)?.serviceWorker as ServiceWorkerContainer | undefined, // as above
      );
      return workers && { register: (tag: string) => registerSync(workers, tag) };
    },
    // biome-ignore lint/suspicious/noConsole: this is where an app may have it go elsewhere
    warn: (message) => globalThis.console.warn(message),
  };
  // Descriptors, not a spread: a spread would read the getters now.
  return Object.defineProperties(browser, Object.getOwnPropertyDescriptors(replacements));
}

/** What a browser may forbid: in a sandboxed frame, or where site data are blocked, asking for it throws. */
export function allowed<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

/** Of Background Sync, which TypeScript's library does not have: not every browser does. */
interface SyncRegistration {
  readonly sync?: { register(tag: string): Promise<void> };
}

// Looked up once: a page that ends has no time for it, and may call what is at hand.
let known: SyncRegistration | undefined;

async function registerSync(workers: ServiceWorkerContainer, tag: string): Promise<void> {
  known ??= (await workers.getRegistration()) as SyncRegistration | undefined;
  try {
    await known?.sync?.register(tag);
  } catch (error) {
    known = undefined; // the app may have replaced it
    throw error;
  }
}

function subscribeToLifecycle(changed: (to: 'visible' | 'hidden' | 'frozen' | 'resumed') => void): () => void {
  const page = globalThis.document as Document | undefined; // a worker has none
  const stops = [
    listen(page, ['visibilitychange', 'freeze', 'resume'], ({ type }) => {
      if (type === 'visibilitychange') changed(page?.visibilityState === 'hidden' ? 'hidden' : 'visible');
      else changed(type === 'freeze' ? 'frozen' : 'resumed');
    }),
    // A page that may come back by the back button stands still until then; not every browser calls that frozen.
    listen(globalThis, ['pagehide', 'pageshow'], (event) => {
      if ((event as PageTransitionEvent).persisted) changed(event.type === 'pagehide' ? 'frozen' : 'resumed');
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function listen(
  target: Partial<EventTarget> | undefined,
  events: readonly string[],
  listener: (event: Event) => void,
): () => void {
  for (const event of events) target?.addEventListener?.(event, listener);
  return () => {
    for (const event of events) target?.removeEventListener?.(event, listener);
  };
}
