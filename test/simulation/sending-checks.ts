import type { JsonObject, LeadboxOptions } from '../../src/index.ts';
import { pathsOverlap, touchedPaths } from '../../src/model/merge-patch.ts';
import type { KnownBatch, Ledger } from './ledger.ts';
import type { Passage } from './network.ts';
import type { StorageChecks } from './storage-checks.ts';
import type { Tab } from './tab.ts';

export interface SendingChecks {
  sent(passage: Passage): void;
  /** The server changed its lead. */
  applied(passage: Passage): void;
  answered(passage: Passage, status: number, isDefinite: boolean): void;
  /** A tab has a good reason to try again at once. */
  relieved(): void;
  /** The clock was set. */
  jumped(): void;
  /** Nobody can know any more that the server asked for a wait or a session, or somebody says that it is there. */
  freed(): void;
  /** The app says that there is a session. */
  signedIn(): void;
  paused(tab: Tab | undefined): void;
  /** The user signed out, and this tab was told; a tab got the lock; he is back. */
  left(): void;
  told(tab: Tab): void;
  granted(tab: Tab): void;
  back(): void;
}

export interface SendingHost {
  readonly ledger: Ledger;
  readonly storage: StorageChecks;
  readonly options: LeadboxOptions;
  readonly passages: () => ReadonlySet<Passage>;
  readonly tabs: () => readonly Tab[];
  readonly elapsed: () => number;
  readonly hasLocks: boolean;
}

// The least of the library's waits after a failure.
const minDelay = 1_000;

// How long a tab may take to act on a reason to try again.
const reliefDelay = 15_000;

/** Judges what is sent, and what the server makes of it: one sender, in order, the same bytes, no needless request. */
export function createSendingChecks({
  ledger,
  storage,
  options,
  passages,
  tabs,
  elapsed,
  hasLocks,
}: SendingHost): SendingChecks {
  const batchOf = new Map<Passage, KnownBatch>();
  // Where somebody said that there is a session: what a drain learns that began before may be older than that.
  let isSessionNews = new WeakSet<Tab>();
  const doubtful = new Set<Tab>();
  const definite = new Set<string>();
  // What one tab takes for a reason the others hear of: the waits are shared.
  let reliefAt = Number.NEGATIVE_INFINITY;
  let isSoleSender = true;
  const waits = new Map<Tab, { readonly leadId: string; readonly since: number }>();
  const asked = new Map<Tab, { readonly status: number; readonly until: number }>();
  let paused: Tab | undefined;
  // After signing out: those that were told, or began to send since and could have known.
  let absent: Set<Tab> | undefined;

  const paths = ({ body }: KnownBatch) => touchedPaths(JSON.parse(body) as JsonObject); // a body is a patch

  const overlap = (one: KnownBatch, other: KnownBatch) => pathsOverlap(paths(one), paths(other));

  const relieved = () => {
    reliefAt = elapsed();
    waits.clear();
  };

  return {
    sent(passage) {
      const { tab, leadId, text, key } = passage;
      if (absent?.has(tab)) ledger.break(11, `${tab.label} asked for ${leadId} after its user signed out`);
      if (passage.method !== 'PATCH') return;
      const frozen = storage.stored.bases.find(({ id }) => id === leadId)?.batch;
      const batch = frozen && ledger.batches.get(frozen.id);
      if (!batch || batch.body !== text) return ledger.break(9, `${text} was sent and is not frozen in its row`);
      if (key !== undefined && key !== batch.id) ledger.break(9, `batch ${batch.id} was sent with the key ${key}`);
      batch.isSent = true;
      batchOf.set(passage, batch);

      const open = [...passages()].filter((other) => other !== passage && other.isOpen && other.method === 'PATCH');
      // A lease is counted by the clock.
      if (isSoleSender && open.some((other) => other.leadId === leadId)) {
        ledger.break(4, `two requests of ${leadId} are open`);
      }
      if (isSoleSender && open.some((other) => other.tab !== tab)) ledger.break(4, 'two tabs are sending');
      if (isSoleSender && open.length >= (options.concurrency ?? 1))
        ledger.break(4, `${open.length + 1} requests are open`);
      if (definite.has(`${tab.label} ${batch.id}`))
        ledger.break(10, `batch ${batch.id} was sent again after its answer`);
      const wait = waits.get(tab);
      const isRelieved = elapsed() < reliefAt + reliefDelay;
      // Without Web Locks tabs may overwrite what the others remember of waits.
      if (hasLocks && wait?.leadId === leadId && !isRelieved && elapsed() < wait.since + minDelay) {
        ledger.break(11, `${tab.label} sent ${elapsed() - wait.since} ms after a failure`);
      }
      // It has a session, or a newer one: the others may hear of it.
      for (const [other, { status }] of asked) if (other !== tab && status === 401) asked.delete(other);
      const held = asked.get(tab);
      if (hasLocks && held && elapsed() < held.until)
        ledger.break(11, `${tab.label} sent after ${held.status}, before it may`);
      if (paused === tab) ledger.break(11, `${tab.label} sent while it was paused`);
    },
    applied(passage) {
      const batch = batchOf.get(passage);
      if (!batch) return;
      const { leadId, seqs } = batch;
      if (batch.isApplied) {
        const later = ledger.appliedBatches.slice(ledger.appliedBatches.indexOf(batch) + 1);
        const hit = later.find((other) => other.leadId === leadId && overlap(other, batch));
        if (hit) ledger.break(2, `${batch.body} was applied again after ${hit.body}`);
        return;
      }
      batch.isApplied = true;
      const order = [...ledger.batches.values()];
      const overtaken = ledger.appliedBatches.find(
        (other) => other.leadId === leadId && order.indexOf(other) > order.indexOf(batch) && overlap(other, batch),
      );
      if (overtaken) ledger.break(2, `${batch.body} was applied after ${overtaken.body}`);
      ledger.appliedBatches.push(batch);
      const isStrict = options.ordering === 'strict';
      const first = Math.min(...seqs);
      for (const row of ledger.rows.values()) {
        if (row.seq >= first || !(isStrict || row.leadId === leadId)) continue;
        if ([ledger.applied, ledger.parked, ledger.discarded, ledger.yielded].some((gone) => gone.has(row.seq)))
          continue;
        ledger.break(2, `edits ${seqs} were applied before ${row.seq}`);
      }
      for (const seq of seqs) ledger.applied.add(seq);
    },
    answered(passage, status, isDefinite) {
      const batch = batchOf.get(passage);
      if (!batch) return;
      const { tab, leadId } = passage;
      if (status === 409 || status === 412 || (status >= 400 && isDefinite)) ledger.conflicted.add(leadId);
      if (isDefinite) {
        batch.isAnswered = true;
        definite.add(`${tab.label} ${batch.id}`);
        waits.delete(tab);
      } else if (status !== 401) {
        waits.set(tab, { leadId, since: elapsed() });
      }
      if (status === 401 && isSessionNews.has(tab)) doubtful.add(tab);
      else if (status === 401) asked.set(tab, { status, until: Number.POSITIVE_INFINITY });
      const until = elapsed() + (passage.wait ?? 0);
      if (passage.wait && until > (asked.get(tab)?.until ?? 0)) asked.set(tab, { status, until });
    },
    relieved,
    jumped() {
      isSoleSender &&= hasLocks;
    },
    freed() {
      reliefAt = elapsed();
      waits.clear();
      asked.clear();
      isSessionNews = new WeakSet(tabs());
    },
    signedIn() {
      for (const [tab, { status }] of asked) if (status === 401) asked.delete(tab);
      isSessionNews = new WeakSet(tabs());
    },
    paused(tab) {
      paused = tab;
    },
    left() {
      absent = new Set();
    },
    told: (tab) => void absent?.add(tab),
    granted(tab) {
      absent?.add(tab);
      if (doubtful.delete(tab)) isSessionNews.delete(tab);
      // A worker tries at once whatever waits, as soon as it is its turn.
      if (!tabs().includes(tab)) relieved();
    },
    back() {
      absent = undefined;
    },
  };
}
