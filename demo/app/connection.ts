/** The connection of the page: the browser's, behind a switch that can cut it. */
export interface Connection {
  /** Requests fail as they do without a network while the switch is off; those under way are torn off. */
  readonly fetch: (input: string, init?: RequestInit) => Promise<Response>;
  onLine(): boolean;
  subscribe(changed: () => void): () => void;
  /** The switch alone, whatever the browser says. */
  isCut(): boolean;
  cut(isCut: boolean): void;
}

const storageKey = 'leadbox-demo-cut';

/** The switch stays as it is when the page is reloaded. */
export function createConnection(): Connection {
  const listeners = new Set<() => void>();
  let isCut = sessionStorage.getItem(storageKey) !== null;
  let wire = new AbortController();
  if (isCut) wire.abort(failedToFetch());

  return {
    async fetch(input, init) {
      const signals = init?.signal ? [init.signal, wire.signal] : [wire.signal];
      return fetch(input, { ...init, signal: AbortSignal.any(signals) });
    },
    onLine: () => !isCut && navigator.onLine,
    isCut: () => isCut,
    cut(cut) {
      isCut = cut;
      if (cut) {
        sessionStorage.setItem(storageKey, 'cut');
        wire.abort(failedToFetch());
      } else {
        sessionStorage.removeItem(storageKey);
        wire = new AbortController();
      }
      for (const listener of listeners) listener();
    },
    subscribe(changed) {
      listeners.add(changed);
      addEventListener('online', changed);
      addEventListener('offline', changed);
      return () => {
        listeners.delete(changed);
        removeEventListener('online', changed);
        removeEventListener('offline', changed);
      };
    },
  };
}

function failedToFetch(): TypeError {
  return new TypeError('Failed to fetch');
}
