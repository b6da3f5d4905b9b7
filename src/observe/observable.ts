/** Who watches: all parts are optional. */
export interface Observer<T> {
  next?: (value: T) => void;
  error?: (error: unknown) => void;
  complete?: () => void;
}

/** A value over time: RxJS `from`, Svelte stores and `useSyncExternalStore` take it. */
export interface Observable<T> {
  subscribe(observer?: Observer<T> | ((value: T) => void) | null): Subscription;
  [Symbol.observable](): Observable<T>;
}

export interface Subscription {
  unsubscribe(): void;
  readonly closed: boolean;
}

declare global {
  interface SymbolConstructor {
    readonly observable: symbol;
  }
}

// As the libraries that consume it agree on, where the symbol does not exist.
const interop = (Symbol.observable as symbol | undefined) ?? '@@observable';

/** The latest value of something, given to whoever watches. */
export interface Source<T> {
  readonly observable: Observable<T>;
  /** undefined before the first value. */
  readonly latest: { readonly value: T } | undefined;
  /** A new value; the same one again is not repeated. */
  next(value: T): void;
  /** Ends all subscriptions with an error; later ones begin anew. */
  fail(error: unknown): void;
  /** Ends all subscriptions. */
  complete(): void;
}

export interface SourceOptions {
  /** The first subscription came, or the first after an error: a value is wanted. */
  readonly onWatched: () => void;
  /** The last subscription went. */
  readonly onUnwatched: () => void;
  /** Takes what an observer throws: it must reach the page's error handler, and nothing else. */
  readonly reportError: (error: unknown) => void;
}

interface Entry<T> {
  readonly observer: Observer<T>;
  seen: object | undefined;
}

export function createSource<T>({ onWatched, onUnwatched, reportError }: SourceOptions): Source<T> {
  const entries = new Set<Entry<T>>();
  let latest: { readonly value: T } | undefined;

  const guarded = (run: () => void) => {
    try {
      run();
    } catch (error) {
      reportError(error);
    }
  };

  /** An observer may change things again: each is told the newest value once and never an older one after it. */
  const tell = (entry: Entry<T>) => {
    const newest = latest;
    if (!newest || entry.seen === newest || !entries.has(entry)) return;
    entry.seen = newest;
    guarded(() => entry.observer.next?.(newest.value));
  };

  const end = (say: (observer: Observer<T>) => void) => {
    latest = undefined;
    const ended = [...entries];
    entries.clear();
    if (ended.length > 0) onUnwatched();
    for (const { observer } of ended) guarded(() => say(observer));
  };

  const observable: Observable<T> = {
    subscribe(given) {
      const observer = typeof given === 'function' ? { next: given } : (given ?? {});
      const entry: Entry<T> = { observer, seen: undefined };
      entries.add(entry);
      if (entries.size === 1) onWatched();
      tell(entry);
      return {
        unsubscribe() {
          if (entries.delete(entry) && entries.size === 0) {
            latest = undefined;
            onUnwatched();
          }
        },
        get closed() {
          return !entries.has(entry);
        },
      };
    },
    [interop as typeof Symbol.observable]() {
      return observable;
    },
  };

  return {
    observable,
    get latest() {
      return latest;
    },
    next(value) {
      if (latest && latest.value === value) return;
      latest = { value };
      for (const entry of [...entries]) tell(entry);
    },
    fail: (error) => end((observer) => observer.error?.(error)),
    complete: () => end((observer) => observer.complete?.()),
  };
}
