import type { LeadApi } from '../api/lead-api.ts';
import type { Clock } from '../environment.ts';
import type { Lead } from '../model/lead.ts';
import { checkedLeads, checkLeadId } from '../model/lead-schema.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import type { Database } from '../storage/database.ts';
import { type StoredLeads, storeLeads } from '../storage/store-leads.ts';

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

// Small enough that neither the page nor a waiting edit notices.
const chunkSize = 250;

export interface FillHost {
  /** Grows whenever the server acknowledged something. */
  readonly changes: () => number;
  /** Told after each transaction what came of it. */
  readonly onStored: (stored: StoredLeads) => void;
  readonly clock: Clock;
}

export function createFill(database: Database, api: LeadApi, { changes, onStored, clock }: FillHost): Fill {
  const store = async (leads: readonly Lead[], isNewerOnly = false, into: Pick<Database, 'run'> = database) => {
    for (let at = 0; at < leads.length; at += chunkSize) {
      onStored(await storeLeads(into, leads.slice(at, at + chunkSize), isNewerOnly, clock.now()));
    }
  };

  return {
    load: (leads) => store(checkedLeads(leads)),
    putBack: (leads) => store(leads, true, database.withoutMakingRoom),
    async refresh(id) {
      checkLeadId(id);
      const before = changes();
      const lead = await api.get(id);
      // Asked before an answer that may be of the same second: then only what is newer counts.
      await store([lead], changes() !== before);
    },
    async pull({ source, code, createdAfter, createdBefore, pageSize = 100, onProgress, signal }) {
      if (!(pageSize >= 1 && pageSize <= 100)) {
        throw new LeadboxError('invalid-option', 'pageSize must be from 1 to 100.', { path: ['pageSize'] });
      }
      const filters = { source, code, created_after: createdAfter, created_before: createdBefore };
      for (let loaded = 0; ; ) {
        const search = new URLSearchParams({ limit: `${pageSize}`, offset: `${loaded}` });
        for (const [name, value] of Object.entries(filters)) if (value !== undefined) search.set(name, value);
        const before = changes();
        const { data, pagination } = await api.page(search, signal);
        await store(data, changes() !== before);
        loaded += data.length;
        const progress = { loaded, total: pagination.total };
        onProgress?.(progress);
        if (!data.length || loaded >= progress.total) return progress;
      }
    },
  };
}
