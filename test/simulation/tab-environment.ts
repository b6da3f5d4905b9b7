import { IDBKeyRange } from 'fake-indexeddb';
import type { Environment } from '../../src/index.ts';
import type { Scheduler } from './scheduler.ts';
import type { LifecycleChange, Tab } from './tab.ts';

export interface EnvironmentHost {
  readonly scheduler: Scheduler;
  readonly storage: (tab: Tab) => IDBFactory;
  /** undefined: the device has no Web Locks. */
  readonly locks: ((tab: Tab) => Environment['locks']) | undefined;
  readonly channel: (tab: Tab) => Environment['channel'];
  readonly fetch: (tab: Tab, url: string, init: RequestInit) => Promise<Response>;
  readonly now: () => number;
  readonly onLine: () => boolean;
  /** Asks for the worker; undefined: the device has none. */
  readonly register: (() => void) | undefined;
  readonly onWarned: (tab: Tab, message: string) => void;
}

/** Everything of the platform that a tab's leadbox gets to see; all of it is the scheduler's. */
export function tabEnvironment(tab: Tab, host: EnvironmentHost): Environment {
  const { scheduler, now, onLine, register } = host;
  const after = (run: () => void, milliseconds: number) =>
    scheduler.after(tab, 'timer', milliseconds, () => {
      if (!tab.isDead) run();
    });
  return {
    indexedDB: host.storage(tab),
    IDBKeyRange: IDBKeyRange as unknown as Environment['IDBKeyRange'], // that of the database in memory
    clock: {
      now,
      setTimeout: (run, milliseconds) => (tab.isDead ? undefined : after(run, milliseconds)),
      clearTimeout: (timer) => (timer as { cancel(): void } | undefined)?.cancel(), // what setTimeout gave
    },
    random: tab.dice.random,
    locks: host.locks?.(tab),
    channel: host.channel(tab),
    connectivity: { onLine, subscribe: (changed) => listen(tab.connectivity, changed) },
    lifecycle: {
      visible: () => tab.isVisible,
      subscribe: (changed: (to: LifecycleChange) => void) => listen(tab.lifecycle, changed),
    },
    fetch: (url, init) => host.fetch(tab, url, init),
    storage: {
      persist: async () => true,
      persisted: async () => false,
      estimate: async () => ({ quota: 1e9, usage: 1e6 }),
    },
    origin: 'https://app.example',
    warn: (message) => host.onWarned(tab, message),
    backgroundSync: register && {
      async register() {
        if (!tab.isDead) register();
      },
    },
  };
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
