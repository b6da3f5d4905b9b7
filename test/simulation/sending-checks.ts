import type { LeadboxOptions } from '../../src/index.ts';
import type { KnownBatch, Ledger } from './ledger.ts';
import type { Passage } from './network.ts';
import { createOrderChecks } from './order-checks.ts';
import type { StorageChecks } from './storage-checks.ts';
import { createWaitingChecks, type WaitingHost, type WaitingReports } from './waiting-checks.ts';

export interface SendingChecks extends WaitingReports {
  sent(passage: Passage): void;
  /** The server changed its lead. */
  applied(passage: Passage): void;
  answered(passage: Passage, status: number, isDefinite: boolean): void;
}

export interface SendingHost extends WaitingHost {
  readonly ledger: Ledger;
  readonly storage: StorageChecks;
  readonly options: LeadboxOptions;
  readonly hasLocks: boolean;
  readonly passages: () => ReadonlySet<Passage>;
}

/** Judges what is sent: one sender, the same bytes, no request once more after its answer (4, 9, 10). */
export function createSendingChecks(host: SendingHost): SendingChecks {
  const { ledger, storage, options, passages, hasLocks } = host;
  const waiting = createWaitingChecks(host);
  const checkOrder = createOrderChecks(ledger, options);
  const batchOf = new Map<Passage, KnownBatch>();
  const definite = new Set<string>();
  // A lease is counted by the clock: beside what was on its way when that went forward another tab may send (R39).
  const outlived = new WeakSet<Passage>();

  const checkAlone = (passage: Passage) => {
    const isAnothers = (other: Passage) => outlived.has(other) && other.tab !== passage.tab;
    const open = [...passages()].filter(
      (other) => other !== passage && other.isOpen && other.method === 'PATCH' && !isAnothers(other),
    );
    if (open.some(({ leadId }) => leadId === passage.leadId))
      ledger.break(4, `two requests of ${passage.leadId} are open`);
    if (open.some(({ tab }) => tab !== passage.tab)) ledger.break(4, 'two tabs are sending');
    if (open.length >= (options.concurrency ?? 1)) ledger.break(4, `${open.length + 1} requests are open`);
  };

  return {
    ...waiting,
    sent(passage) {
      waiting.asked(passage);
      const { tab, leadId, text, key } = passage;
      if (passage.method !== 'PATCH') return;
      const frozen = storage.stored.bases.find(({ id }) => id === leadId)?.batch;
      const batch = frozen && ledger.batches.get(frozen.id);
      // Chosen before everything was wiped, it may go before its tab hears of that.
      if (!batch && storage.isWiped) return;
      if (!batch || batch.body !== text) return ledger.break(9, `${text} was sent and is not frozen in its row`);
      if (key !== (options.idempotencyHeader && batch.id))
        ledger.break(9, `batch ${batch.id} was sent with the key ${key}`);
      batch.isSent = true;
      batchOf.set(passage, batch);
      checkAlone(passage);
      if (definite.has(`${tab.label} ${batch.id}`))
        ledger.break(10, `batch ${batch.id} was sent again after its answer`);
      waiting.sent(passage);
    },
    applied(passage) {
      const batch = batchOf.get(passage);
      if (batch) checkOrder(batch);
    },
    answered(passage, status, isDefinite) {
      waiting.heard(passage, isDefinite);
      const batch = batchOf.get(passage);
      if (!batch) return;
      const { tab, leadId } = passage;
      if (status === 409 || status === 412 || (status >= 400 && isDefinite)) ledger.conflicted.add(leadId);
      if (isDefinite) {
        batch.isAnswered = true;
        definite.add(`${tab.label} ${batch.id}`);
      }
      // Whoever lost the lease under it may not write what it learned, and reads anew what others did.
      if (!outlived.has(passage)) waiting.answered(passage, status, isDefinite);
    },
    jumped(milliseconds) {
      waiting.jumped(milliseconds);
      if (milliseconds > 0 && !hasLocks) for (const passage of passages()) outlived.add(passage);
    },
  };
}
