import type { LeadApi } from '../api/lead-api.ts';
import type { Clock } from '../environment.ts';
import type { Lead } from '../model/lead.ts';
import { checkedLeads, checkLeadId } from '../model/lead-schema.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import { askedWait, type RetryBounds, type ServerWait } from '../model/replay-state.ts';
import type { Database } from '../storage/database.ts';
import { type StoredLeads, storeLeads } from '../storage/store-leads.ts';
import { needNotBeAwaited } from '../storage/table.ts';

/** Filters and settings of `pull`. */
export interface PullOptions {
  /** Only leads from this source, as GET /leads takes it. */
  source?: string;
  code?: string;
  /** ISO 8601. */
  createdAfter?: string;
  /** ISO 8601. */
  createdBefore?: string;
  /** Leads per request, 1 to 100. Default 100. */
  pageSize?: number;
  /** Called after each page is stored. */
  onProgress?: (progress: { loaded: number; total: number }) => void;
  signal?: AbortSignal;
}

/** Brings leads from the server into the cache. */
export interface Fill {
  load(leads: readonly unknown[]): Promise<void>;
  refresh(id: string): Promise<void>;
  pull(terms: PullOptions): Promise<{ loaded: number; total: number }>;
  /** Stores leads this tab had, unless newer ones are there or there is no room: tabs must not drop each other's in turn. */
  putBack(leads: readonly Lead[]): Promise<void>;
}

// Each transaction costs a write to the disk, and an edit that is made meanwhile is shown at once but stored after it.
const chunkSize = 10_000;
// Checked in one task: so few that the page does not notice.
const checkSize = 250;

/** How often a lead is asked for where edits are acknowledged meanwhile. */
const mostAttempts = 3;

/** How long, in milliseconds, it is remembered where a pull stopped. */
const memoryOfPull = 300_000;

export interface FillHost {
  /** Grows whenever the server acknowledged something. */
  readonly changes: () => number;
  /** Told after each transaction what came of it. */
  readonly onStored: (stored: StoredLeads) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly retry: RetryBounds;
  /** Ends what waits. */
  readonly closed: AbortSignal;
}

export function createFill(
  database: Database,
  api: LeadApi,
  { changes, onStored, clock, random, retry, closed }: FillHost,
): Fill {
  const store = async (
    leads: readonly Lead[],
    isNewerOnly = () => false,
    into: Pick<Database, 'run'> = database,
  ): Promise<void> => {
    for (let at = 0; at < leads.length; at += chunkSize) {
      const terms = { isNewerOnly, now: clock.now(), etagOf: api.etagOf };
      onStored(await storeLeads(into, leads.slice(at, at + chunkSize), terms));
    }
  };

  // Where pulls with the same filters stopped that failed or were aborted: the next one goes on from there, unless the list may
  // be another one by then.
  const unfinished = new Map<string, { readonly loaded: number; readonly at: number }>();
  const resumedAt = (which: string): number => {
    for (const [one, { at }] of unfinished) if (Math.abs(clock.now() - at) >= memoryOfPull) unfinished.delete(one);
    return unfinished.get(which)?.loaded ?? 0;
  };
  /** What the server asks for, which holds pulls too. */
  const pause = (wait: ServerWait, signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      const over = new AbortController();
      const timer = clock.setTimeout(
        () => {
          over.abort();
          resolve();
        },
        askedWait(wait, random(), retry),
      );
      const stop = () => {
        clock.clearTimeout(timer);
        over.abort();
        reject(new LeadboxError('aborted', 'The pull was cancelled.'));
      };
      for (const cause of [signal, closed]) {
        cause?.addEventListener('abort', stop, { signal: over.signal });
        if (cause?.aborted) stop();
      }
    });

  return {
    async load(leads) {
      if (!Array.isArray(leads)) throw new LeadboxError('invalid-lead', 'This is not a list of leads.', { path: [] });
      const all: Lead[] = [];
      for (let at = 0; at < leads.length; at += checkSize) {
        // All are checked before the first is stored; the page gets its turn in between.
        if (at) await database.run('r', ({ meta }) => meta.count());
        all.push(...checkedLeads(leads.slice(at, at + checkSize), at));
      }
      await store(all);
    },
    putBack: (leads) => store(leads, () => true, database.withoutMakingRoom),
    async refresh(id) {
      checkLeadId(id);
      const isHere = () => database.run('r', ({ leads }) => leads.get(id));
      const wasHere = needNotBeAwaited(isHere());
      for (let attempt = 1; ; attempt++) {
        const before = changes();
        const lead = await api.get(id);
        // Asked before an answer that may be of the same second: then only what is newer counts.
        const isEarlier = () => changes() !== before;
        // Forgotten since, there is nothing to compare it with.
        const mayBeOlder = isEarlier() && (await wasHere) && !(await isHere());
        if (!mayBeOlder || attempt === mostAttempts) return store([lead], isEarlier);
      }
    },
    async pull({ source, code, createdAfter, createdBefore, pageSize = 100, onProgress, signal }) {
      if (!(pageSize >= 1 && pageSize <= 100)) {
        throw new LeadboxError('invalid-option', 'pageSize must be from 1 to 100.', { path: ['pageSize'] });
      }
      const filters = { source, code, created_after: createdAfter, created_before: createdBefore };
      const which = JSON.stringify(filters);
      for (let loaded = resumedAt(which); ; ) {
        const search = new URLSearchParams({ limit: `${pageSize}`, offset: `${loaded}` });
        for (const [name, value] of Object.entries(filters)) if (value !== undefined) search.set(name, value);
        const before = changes();
        const { page, wait } = await api.page(search, signal);
        if (page) {
          await store(page.data, () => changes() !== before);
          loaded += page.data.length;
          unfinished.set(which, { loaded, at: clock.now() });
          const progress = { loaded, total: page.pagination.total };
          onProgress?.(progress);
          if (!page.data.length || loaded >= progress.total) {
            unfinished.delete(which);
            return progress;
          }
        }
        if (wait) await pause(wait, signal);
      }
    },
  };
}
