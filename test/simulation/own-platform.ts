const realImmediate = globalThis.setImmediate;
const realMicrotask = globalThis.queueMicrotask;
const { then } = Promise.prototype;
const resolved = Promise.resolve();

// Dexie would tell other processes of every commit, through the event loop that is not ours.
Reflect.deleteProperty(globalThis, 'BroadcastChannel');

/** Node runs the microtasks that are due between two tasks of its own; so does this, where no microtask is running. */
const { _tickCallback: runMicrotasks } = process as unknown as { readonly _tickCallback: () => void }; // Node's, untyped

/** Lets tasks run, each followed by every microtask that is due, until there is none left. */
export function runTasks(next: () => (() => void) | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    realImmediate(() => {
      try {
        for (let task = next(); task; task = next()) {
          task();
          runMicrotasks();
        }
        resolve();
      } catch (error) {
        reject(error);
      }
    });
  });
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
  globalThis.queueMicrotask = (run) => void then.call(resolved, run);
  return () => {
    globalThis.queueMicrotask = realMicrotask;
    globalThis.setImmediate = realImmediate;
  };
}
