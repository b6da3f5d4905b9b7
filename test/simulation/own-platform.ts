const realImmediate = globalThis.setImmediate;

// Dexie would tell other processes of every commit, through the event loop that is not ours.
Reflect.deleteProperty(globalThis, 'BroadcastChannel');

/** Lets every microtask run that is due: Node does so between two tasks of its own. */
export function microtasks(): Promise<void> {
  return new Promise((resolve) => realImmediate(resolve));
}

/** Where the tasks of the platform go that are no part of the environment: those of the database. */
export interface TaskSink {
  /** Whether what runs now belongs to a life. */
  isRunning(): boolean;
  post(run: () => void): void;
}

/** The database in memory schedules each of its steps with setImmediate: they become the sink's tasks until it ends. */
export function ownPlatform(sink: TaskSink): () => void {
  const owned = (run: (...given: unknown[]) => void, ...given: unknown[]) => {
    if (!sink.isRunning()) return realImmediate(run, ...given);
    sink.post(() => run(...given));
    return undefined;
  };
  globalThis.setImmediate = owned as typeof setImmediate; // nobody in a life looks at what it gives
  return () => {
    globalThis.setImmediate = realImmediate;
  };
}
