/** Who watches: all parts are optional. */
export interface Observer<T> {
  next?: (value: T) => void;
  /** Ends the subscription. Without it the error goes to the page's error handler, as one that nobody catches. */
  error?: (error: unknown) => void;
  complete?: () => void;
}

/** A value over time: RxJS `from` and Svelte stores take it. */
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

/** Runs something in a task of its own. */
export type Later = (run: () => void) => void;

/** The latest value of something, given to whoever watches. */
export interface Source<T> extends Observable<T> {
  /** undefined before the first value. */
  readonly latest: { readonly value: T } | undefined;
  /** A new value; the same one again is not repeated. */
  next(value: T): void;
  /** Ends all subscriptions with an error, or without one; later ones begin anew. */
  end(failure?: { readonly error: unknown }): void;
}

/**
 * `onWatched` is told when the first subscription came and when the last one went. `later` runs something in a task of its
 * own: what an observer throws, and errors that it takes no notice of, which must reach the page's error handler and nobody
 * else; and all other errors: an observer may subscribe again at once and meet the same one.
 */
export function createSource<T>(onWatched: (isWatched: boolean) => void, later: Later): Source<T> {
  const entries = new Set<{ readonly observer: Observer<T>; seen: object | undefined; hasLeft: boolean }>();
  let latest: { readonly value: T } | undefined;

  const guarded = (run: () => void) => {
    try {
      run();
    } catch (error) {
      later(() => {
        throw error;
      });
    }
  };

  /** An observer may change things again: each is told the newest value once and never an older one after it. */
  const tellAll = () => {
    for (const entry of [...entries]) {
      const newest = latest;
      if (!newest || entry.seen === newest || !entries.has(entry)) continue;
      entry.seen = newest;
      guarded(() => entry.observer.next?.(newest.value));
    }
  };

  const unwatched = () => {
    latest = undefined;
    onWatched(false);
  };

  const source: Source<T> = {
    subscribe(given) {
      const observer: Observer<T> = typeof given === 'function' ? { next: given } : (given ?? {});
      const entry = { observer, seen: undefined, hasLeft: false };
      entries.add(entry);
      if (entries.size === 1) onWatched(true);
      tellAll();
      return {
        unsubscribe() {
          entry.hasLeft = true;
          if (entries.delete(entry) && !entries.size) unwatched();
        },
        get closed() {
          return !entries.has(entry);
        },
      };
    },
    [interop as typeof Symbol.observable]: () => source,
    get latest() {
      return latest;
    },
    next(value) {
      if (latest && latest.value === value) return;
      latest = { value };
      tellAll();
    },
    end(failure) {
      const ended = [...entries];
      entries.clear();
      if (ended.length) unwatched();
      for (const entry of ended) {
        const { observer } = entry;
        if (failure)
          later(() => {
            if (entry.hasLeft) return;
            if (!observer.error) throw failure.error; // as of a promise that nobody catches
            observer.error(failure.error);
          });
        else guarded(() => observer.complete?.());
      }
    },
  };
  return source;
}
