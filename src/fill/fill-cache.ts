import type { LeadApi } from '../api/lead-api.ts';
import type { Lead } from '../model/lead.ts';
import { checkedLeads, isLeadId } from '../model/lead-schema.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import type { Database } from '../storage/database.ts';
import { storeLeads } from '../storage/store-leads.ts';

export interface FillOptions {
  readonly database: Database;
  readonly api: LeadApi;
  /** Told after each transaction which leads changed. */
  readonly onStored: (leadIds: readonly string[]) => void;
}

/** Filters and settings of `pull`. */
export interface PullTerms {
  source?: string;
  code?: string;
  createdAfter?: string;
  createdBefore?: string;
  pageSize?: number;
  onProgress?: (progress: { loaded: number; total: number }) => void;
  signal?: AbortSignal;
}

/** Brings leads from the server into the cache. */
export interface Fill {
  load(leads: readonly unknown[]): Promise<void>;
  refresh(id: string): Promise<void>;
  pull(terms: PullTerms): Promise<{ loaded: number; total: number }>;
}

// Small enough that neither the page nor a waiting edit notices.
const chunkSize = 250;
const largestPage = 100;

export function createFill({ database, api, onStored }: FillOptions): Fill {
  const store = async (leads: readonly Lead[]) => {
    for (let at = 0; at < leads.length; at += chunkSize) {
      onStored(await storeLeads(database, leads.slice(at, at + chunkSize)));
    }
  };

  return {
    load: async (leads) => store(checkedLeads(leads)),
    async refresh(id) {
      if (!isLeadId(id)) throw new LeadboxError('invalid-lead-id', 'A lead id is a UUID.');
      await store([await api.get(id)]);
    },
    async pull(terms) {
      const limit = terms.pageSize ?? largestPage;
      if (!Number.isInteger(limit) || limit < 1 || limit > largestPage) {
        throw new LeadboxError('invalid-option', 'pageSize must be a whole number from 1 to 100.', {
          path: ['pageSize'],
        });
      }
      const filters = {
        source: terms.source,
        code: terms.code,
        created_after: terms.createdAfter,
        created_before: terms.createdBefore,
      };
      let loaded = 0;
      for (;;) {
        const search = new URLSearchParams({ limit: String(limit), offset: String(loaded) });
        for (const [name, value] of Object.entries(filters)) if (value !== undefined) search.set(name, value);
        const { data, pagination } = await api.page(search, terms.signal);
        await store(data);
        loaded += data.length;
        const progress = { loaded, total: pagination.total };
        terms.onProgress?.(progress);
        if (data.length === 0 || loaded >= pagination.total) return progress;
      }
    },
  };
}
