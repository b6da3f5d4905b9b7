import { leadboxOf } from '../leadbox.ts';
import { syncTag } from '../leave/background-sync.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import { createSettings, type LeadboxOptions } from '../options.ts';

/** What a worker needs to know to send as the pages do; each means what it means in `LeadboxOptions`. */
export interface ReplayOnSyncOptions
  extends Pick<
    LeadboxOptions,
    | 'baseUrl'
    | 'headers'
    | 'credentials'
    | 'ordering'
    | 'concurrency'
    | 'coalesce'
    | 'sections'
    | 'checkBeforeSend'
    | 'onConflict'
    | 'preconditions'
    | 'idempotencyHeader'
    | 'timeout'
    | 'retry'
    | 'rateLimitReserve'
    | 'maxAge'
    | 'durability'
    | 'onEvent'
    | 'environment'
  > {
  /** The databases to send for: the option `name` of the pages' leadboxes. */
  readonly names: readonly string[];
}

/** What is used of a worker's global scope. */
interface WorkerScope {
  addEventListener(type: 'sync', listener: (event: SyncEvent) => void): void;
}

interface SyncEvent {
  readonly tag: string;
  waitUntil(work: Promise<unknown>): void;
}

/**
 * For the app's own service worker: sends what pages left behind, also after the last tab was closed (R42). Call it
 * once, while the worker starts: `replayOnSync(self, { names: ['leadbox'] })`, with the options the pages have. The
 * pages ask for the Background Sync event themselves; where a browser has none, pages alone send. While edits remain
 * that can be tried again, the event is told so, and the browser comes back to it. It handles no other event.
 * @throws LeadboxError 'invalid-option', naming the option.
 */
export function replayOnSync(scope: unknown, { names, ...options }: ReplayOnSyncOptions): void {
  if (!Array.isArray(names) || !names.length) {
    throw new LeadboxError('invalid-option', 'names must list the databases.', { path: ['names'] });
  }
  const all = names.map((name: string) => createSettings({ ...options, name, autoSync: false }));
  (scope as WorkerScope).addEventListener('sync', (event) => {
    const settings = all.find(({ name }) => syncTag(name) === event.tag);
    if (settings) event.waitUntil(replay(settings));
  });
}

async function replay(settings: ReturnType<typeof createSettings>): Promise<void> {
  const { environment, name } = settings;
  // Opening one that was wiped would bring it back; browsers that cannot list theirs have no Background Sync either.
  const known = await environment.indexedDB?.databases();
  if (!known?.some((database) => database.name === name)) return;
  const leadbox = leadboxOf(settings, true);
  try {
    const { pending, waitingFor } = await leadbox.sync();
    const { lastError } = await leadbox.status();
    // A redirect may be a captive portal's, and over soon.
    const isSessionOver = waitingFor === 'session' && (lastError?.code ?? 'unauthorized') === 'unauthorized';
    // Paused, signed out or without a session: what comes back to it helps nothing.
    if (!pending || waitingFor === 'paused' || isSessionOver) return;
  } finally {
    await leadbox.close();
  }
  throw new LeadboxError('network', 'Some edits could not be sent yet.');
}
