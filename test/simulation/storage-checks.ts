import type { LeadboxOptions } from '../../src/index.ts';
import { createBatchChecks } from './batch-checks.ts';
import type { Way } from './departures.ts';
import type { FakeFactory } from './fake-internals.ts';
import { createLeadChecks } from './lead-checks.ts';
import type { KnownBatch, Ledger } from './ledger.ts';
import { createOutboxChecks } from './outbox-checks.ts';
import type { Server } from './server.ts';
import { readStored, type Stored } from './stored.ts';

export interface StorageChecks {
  /** What was committed last. */
  readonly stored: Stored;
  /** Looks at what a write transaction left, at its commit. */
  committed(): void;
  /** The user signs out like this; undefined: that is over. */
  leaves(way: Way | undefined): void;
  /** He is gone: where nothing was stored, nothing was wiped either. */
  ends(): void;
  /** Signing out removed everything: the stay is over. */
  readonly isWiped: boolean;
}

/** Judges every committed state: nothing is lost, the view is base + pending, a batch stays as it was sent. */
export function createStorageChecks(
  factory: FakeFactory,
  name: string,
  ledger: Ledger,
  server: Server,
  options: LeadboxOptions,
): StorageChecks {
  let stored = readStored(factory, name);
  const checkOutbox = createOutboxChecks(ledger, server);
  const leads = createLeadChecks(ledger, server);
  const checkBatch = createBatchChecks(ledger, options);
  let way: Way | undefined;
  let isWiped = false;

  /** All at once, and only what the server has, unless it was to be discarded (R45). */
  const checkWiped = (before: Stored) => {
    const unsynced = [...before.outbox, ...before.parked];
    if (unsynced.length && way !== 'discard')
      ledger.break(1, `${unsynced.length} edits were wiped that the server does not have`);
    for (const { seq } of unsynced) ledger.discarded.add(seq);
    isWiped = true;
  };

  return {
    get stored() {
      return stored;
    },
    get isWiped() {
      return isWiped;
    },
    leaves(asked) {
      way = asked;
    },
    ends() {
      isWiped ||= !stored.leads.length && !stored.outbox.length && !stored.parked.length;
    },
    committed() {
      // First of all: with such an object nothing else can be judged.
      if (Object.keys(Object.prototype).length || 'x' in {} || 'y' in {})
        ledger.break(13, 'the prototype of objects is polluted');
      const before = stored;
      stored = readStored(factory, name);
      if (isWiped) {
        // A page that was not told may still fetch; the database goes a moment later.
        if (stored.outbox.length) ledger.break(1, `edit ${stored.outbox[0]?.seq} was taken after everything was wiped`);
        return;
      }
      if (way && way !== 'keep' && before.leads.length && !stored.leads.length && !stored.outbox.length)
        return checkWiped(before);
      checkOutbox(before, stored);
      const was = new Map(before.bases.map((base) => [base.id, base]));
      const now = new Map(stored.bases.map((base) => [base.id, base]));
      for (const { id, batch } of before.bases) {
        const known: KnownBatch | undefined = batch && ledger.batches.get(batch.id);
        // Whole sections are made anew where nothing of them can arrive any more.
        if (known?.isSent && !known.isAnswered && !known.isWhole && now.get(id)?.batch?.id !== known.id) {
          ledger.break(9, `batch ${known.id} was sent and given up without an answer`);
        }
      }
      const seen = new Map(before.leads.map((lead) => [lead.id, lead]));
      const cached = new Set(stored.leads.map(({ id }) => id));
      for (const { leadId } of stored.outbox)
        if (!cached.has(leadId)) ledger.break(6, `lead ${leadId} has pending edits and is not here`);
      leads.keep(cached);
      for (const lead of stored.leads) {
        const base = now.get(lead.id);
        const rows = stored.outbox.filter(({ leadId }) => leadId === lead.id);
        const count = before.outbox.filter(({ leadId }) => leadId === lead.id).length;
        if (seen.get(lead.id) === lead && was.get(lead.id) === base && rows.length === count) continue;
        leads.check(lead, base, rows);
        if (base) checkBatch(base, rows, before, stored);
      }
    },
  };
}
