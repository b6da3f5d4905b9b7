import type { Lead } from '../../src/index.ts';
import { jsonEqual } from '../../src/model/json.ts';
import { asJson } from '../../src/model/lead.ts';
import type { PendingRow } from '../../src/model/lead-record.ts';
import type { BaseRow } from '../../src/storage/rows.ts';
import type { Ledger } from './ledger.ts';
import { referencePatch } from './reference-merge.ts';
import type { Server } from './server.ts';

export interface LeadChecks {
  /** A lead as it was stored, with its base and its pending edits. */
  check(lead: Lead, base: BaseRow | undefined, rows: readonly PendingRow[]): void;
  /** Only these are on the device. */
  keep(cached: ReadonlySet<string>): void;
}

/** Judges a stored lead: it is base + pending, and its base is what the server had, and never goes back (3, 6). */
export function createLeadChecks(ledger: Ledger, server: Server): LeadChecks {
  const bases = new Map<string, Lead>();

  return {
    check(lead, base, rows) {
      const { id } = lead;
      if (rows.length && !base) return ledger.break(6, `lead ${id} has pending edits and no base`);
      if (base && !rows.length) return ledger.break(6, `lead ${id} has a base and no pending edits`);
      const truth = base?.lead ?? lead;
      const earlier = bases.get(id);
      if (earlier && Date.parse(truth.updated_at) < Date.parse(earlier.updated_at)) {
        ledger.break(3, `the base of ${id} went back from ${earlier.updated_at} to ${truth.updated_at}`);
      }
      bases.set(id, truth);
      const version = server.version(id, truth.updated_at);
      if (!version || !jsonEqual(asJson(version), asJson(truth))) {
        ledger.break(6, `the base of ${id} is nothing that the server ever had: ${JSON.stringify(truth)}`);
      }
      const view = rows.reduce((before, { patch }) => referencePatch(before, patch), truth);
      if (!jsonEqual(asJson(view), asJson(lead))) {
        ledger.break(6, `the view of ${id} is not base + pending: ${JSON.stringify(lead)} for ${JSON.stringify(view)}`);
      }
    },
    keep(cached) {
      // Evicted to make room; what another tab or the server brings back may be older.
      for (const id of bases.keys()) if (!cached.has(id)) bases.delete(id);
    },
  };
}
