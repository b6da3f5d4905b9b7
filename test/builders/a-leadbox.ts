import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { onTestFinished, vi } from 'vitest';
import {
  createLeadbox,
  type Environment,
  type Leadbox,
  type LeadboxOptions,
  type OpenSections,
  type SectionSchemas,
} from '../../src/index.ts';
import { createSeededRandom } from '../../src/testing/seeded-random.ts';
import {
  createFakeLeadApi,
  createLocalChannels,
  createLocalLocks,
  createVirtualClock,
  type FakeLeadApi,
  type FakeLeadApiOptions,
  type VirtualClock,
} from '../../src/testing.ts';
import { aLead } from './a-lead.ts';

/** One PATCH as the library handed it to fetch, whether it reached the server or not. */
export interface Attempt {
  readonly leadId: string;
  readonly text: string;
  /** The text, parsed. */
  readonly body: unknown;
  readonly headers: Headers;
  /** On the device's clock. */
  readonly at: number;
}

export type Intercept = (
  attempt: Attempt,
  signal: AbortSignal | undefined,
) => Promise<Response | undefined> | Response | undefined;

/** A browser on a device: its tabs share storage, locks, channels, clock and network. */
export interface Device {
  readonly api: FakeLeadApi;
  readonly clock: VirtualClock;
  readonly indexedDB: IDBFactory;
  /** What its tabs are given, and what a service worker on it needs. */
  readonly environment: Partial<Environment>;
  /** What was printed. */
  readonly warnings: readonly string[];
  /** Every PATCH of every tab, in the order of sending. */
  readonly attempts: readonly Attempt[];
  /** The most requests that were open at the same time, in all and for one lead. */
  readonly mostOpen: { all: number; ofOneLead: number };
  /** Stands before the API: what it gives is the answer; undefined lets the request through. */
  intercept: Intercept | undefined;
  /** What the browser says about the network; the app is told of changes. */
  onLine: boolean;
  /** The page becomes visible. */
  becomeVisible(): void;
  /** A leadbox on this device; it is closed when the test ends. */
  tab<S extends SectionSchemas = OpenSections>(options?: LeadboxOptions<S>): Leadbox<S>;
  /** The same with the API's leads in its cache. */
  loadedTab<S extends SectionSchemas = OpenSections>(options?: LeadboxOptions<S>): Promise<Leadbox<S>>;
  /** Lets everything run that does not wait for time. */
  rest(): Promise<void>;
  /** Moves the clock to the moment for which the leadbox announced its next attempt. */
  untilNextAttempt(leadbox: Pick<Leadbox, 'status'>): Promise<void>;
}

export interface DeviceOptions extends FakeLeadApiOptions {
  /** In [0, 1). Default a sequence that is the same in every test. */
  readonly random?: () => number;
}

export function aDevice({ random = createSeededRandom(1), ...apiOptions }: DeviceOptions = {}): Device {
  const clock = createVirtualClock({ settle: letTasksRun });
  const api = createFakeLeadApi({ leads: [aLead()], clock, ...apiOptions });
  const indexedDB = new IDBFactory();
  const locks = createLocalLocks();
  const channel = createLocalChannels();
  const attempts: Attempt[] = [];
  const mostOpen = { all: 0, ofOneLead: 0 };
  const open: string[] = [];
  const network = aSignal<void>();
  const page = aSignal<'visible' | 'hidden' | 'frozen' | 'resumed'>();
  const warnings: string[] = [];
  let onLine = true;

  const answerOf = async (url: string, init: RequestInit) => {
    const signal = init.signal ?? undefined;
    if (init.method !== 'PATCH') return api.fetch(url, init);
    const text = String(init.body);
    const attempt: Attempt = {
      leadId: url.slice(url.lastIndexOf('/') + 1),
      ...{ text, body: JSON.parse(text) as unknown, headers: new Headers(init.headers), at: clock.now() },
    };
    attempts.push(attempt);
    open.push(attempt.leadId);
    mostOpen.all = Math.max(mostOpen.all, open.length);
    mostOpen.ofOneLead = Math.max(mostOpen.ofOneLead, open.filter((id) => id === attempt.leadId).length);
    try {
      return (await device.intercept?.(attempt, signal)) ?? (await api.fetch(url, init));
    } finally {
      open.splice(open.indexOf(attempt.leadId), 1);
    }
  };

  const environment: Partial<Environment> = {
    ...{ indexedDB, IDBKeyRange, clock, random, locks, channel },
    fetch: answerOf,
    connectivity: { onLine: () => onLine, subscribe: network.subscribe },
    lifecycle: { visible: () => true, subscribe: page.subscribe },
    ...{ storage: undefined, backgroundSync: undefined, warn: (message) => void warnings.push(message) },
  };

  const device: Device = {
    ...{ api, clock, indexedDB, environment, warnings, attempts, mostOpen, intercept: undefined },
    get onLine() {
      return onLine;
    },
    set onLine(value) {
      onLine = value;
      network.send();
    },
    becomeVisible: () => page.send('visible'),
    tab(options = {}) {
      const leadbox = createLeadbox({ ...options, environment: { ...environment, ...options.environment } });
      onTestFinished(() => leadbox.close());
      return leadbox;
    },
    async loadedTab(options) {
      const leadbox = device.tab(options);
      await leadbox.load(api.leads());
      return leadbox;
    },
    rest: () => clock.advance(0),
    async untilNextAttempt(leadbox) {
      const { nextAttemptAt } = await vi.waitUntil(async () => {
        const status = await leadbox.status();
        return status.nextAttemptAt !== undefined && status;
      }, soon);
      await clock.advance(Math.max(0, (nextAttemptAt ?? 0) - clock.now()));
    },
  };
  return device;
}

/** The device loses what its replay remembered. No tab may be open. */
export async function forgetReplay({ indexedDB }: Device): Promise<void> {
  await new Promise((resolve) => {
    indexedDB.deleteDatabase('leadbox-replay:leadbox').onsuccess = resolve;
  });
}

/** How `vi.waitFor` and `expect.poll` wait here: for the next turns of the event loop, not for time; the limit is for machines that are busy. */
export const soon = { interval: 1, timeout: 20_000 } as const;

/** What an observable gave so far, oldest first. */
export function valuesOf<T>(observable: { subscribe(next: (value: T) => void): { unsubscribe(): void } }): T[] {
  const values: T[] = [];
  const subscription = observable.subscribe((value) => values.push(value));
  onTestFinished(() => subscription.unsubscribe());
  return values;
}

/** Every table of the device's databases, as it is stored. */
export async function allRows(indexedDB: IDBFactory): Promise<Record<string, unknown[]>> {
  const rows: Record<string, unknown[]> = {};
  for (const { name } of await indexedDB.databases()) {
    if (name === undefined) continue;
    const database = await done(indexedDB.open(name));
    for (const table of database.objectStoreNames) {
      rows[`${name}/${table}`] = await done(database.transaction(table).objectStore(table).getAll());
    }
    database.close();
  }
  return rows;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

interface Signal<T> {
  subscribe(changed: (value: T) => void): () => void;
  send(value: T): void;
}

function aSignal<T>(): Signal<T> {
  const listeners = new Set<(value: T) => void>();
  return {
    subscribe(changed) {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    send(value) {
      for (const listener of [...listeners]) listener(value);
    },
  };
}

/** Enough turns for several transactions of an IndexedDB in memory, which takes each step in a turn of its own. */
async function letTasksRun(): Promise<void> {
  for (let turn = 0; turn < 250; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
