import { expect, onTestFinished } from 'vitest';
import {
  createLeadbox,
  type Leadbox,
  type LeadboxOptions,
  type OpenSections,
  type SectionSchemas,
} from '../../src/index.ts';
import type { TabWindow } from './tab.ts';

/** How long a test waits for a condition, in milliseconds: far longer than it ever takes. */
export const patiently = { timeout: 10_000, interval: 5 } as const;

/** A database of its own for every test. */
export function aName(): string {
  return `leads-${crypto.randomUUID()}`;
}

/** Backoff that a test does not notice. */
export const impatient = { retry: { minDelay: 20, maxDelay: 100 } } as const;

/** A leadbox in the page of the test; closed when the test ends, and its database deleted. */
export function aLeadbox<S extends SectionSchemas = OpenSections>(options: LeadboxOptions<S> = {}): Leadbox<S> {
  const name = options.name ?? aName();
  const leadbox = createLeadbox({ ...impatient, persist: false, ...options, name });
  onTestFinished(async () => {
    await leadbox.close();
    for (const database of [name, `leadbox-replay:${name}`]) indexedDB.deleteDatabase(database);
  });
  return leadbox;
}

/** The options that fit into an address. */
export type TabOptions = Pick<
  LeadboxOptions,
  'name' | 'baseUrl' | 'autoSync' | 'indexes' | 'retry' | 'timeout' | 'durability'
>;

/** Another page of the same origin, with a leadbox of its own. */
export interface TestPage {
  readonly leadbox: Leadbox;
  readonly window: TabWindow;
  /** A real reload: the page ends as it is, without a word to the leadbox, and starts anew. */
  reload(): Promise<void>;
  /** As a user closes a tab. */
  close(): void;
}

/** A second tab of the browser. */
export function openTab(options: TabOptions): Promise<TestPage> {
  const opened = window.open(addressOf(options), '_blank');
  if (!opened) throw new Error('The browser did not open a tab.');
  onTestFinished(() => opened.close());
  return aPage(
    () => opened,
    () => opened.close(),
  );
}

/** A page in a frame of the test's own. */
export function openFrame(options: TabOptions): Promise<TestPage> {
  const frame = document.createElement('iframe');
  frame.src = addressOf(options);
  document.body.append(frame);
  onTestFinished(() => frame.remove());
  return aPage(
    () => frame.contentWindow,
    () => frame.remove(),
  );
}

function addressOf(options: TabOptions): string {
  return `/tab?options=${encodeURIComponent(JSON.stringify({ ...impatient, ...options }))}`;
}

async function aPage(find: () => Window | null, close: () => void): Promise<TestPage> {
  const current = () => find() as TabWindow; // tab.ts makes it one
  const ready = () => expect.poll(() => Boolean(current()?.leadbox), patiently).toBe(true);
  await ready();
  return {
    get leadbox() {
      return current().leadbox as Leadbox; // `ready` waited for it
    },
    get window() {
      return current();
    },
    async reload() {
      const before = current().leadbox;
      current().location.reload();
      await expect.poll(() => current()?.leadbox !== before && Boolean(current()?.leadbox), patiently).toBe(true);
    },
    close,
  };
}

/** What an observable gave so far, oldest first. */
export function valuesOf<T>(observable: { subscribe(next: (value: T) => void): { unsubscribe(): void } }): T[] {
  const values: T[] = [];
  const subscription = observable.subscribe((value) => values.push(value));
  onTestFinished(() => subscription.unsubscribe());
  return values;
}

/** A connection to a database as it is, past the library; closed when the test ends. */
export async function aConnection(name: string): Promise<IDBDatabase> {
  const database = await done(indexedDB.open(name));
  onTestFinished(() => database.close());
  return database;
}

/** Every row of a database, by table. */
export async function rowsOf(name: string): Promise<Record<string, unknown[]>> {
  const database = await done(indexedDB.open(name));
  const rows: Record<string, unknown[]> = {};
  for (const table of database.objectStoreNames) {
    rows[table] = await done(database.transaction(table).objectStore(table).getAll());
  }
  database.close();
  return rows;
}

export function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
