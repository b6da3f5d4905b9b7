import type { Ledger } from './ledger.ts';
import type { Passage } from './network.ts';
import type { Tab } from './tab.ts';

/** What is told about who has to wait, and who need not any more. */
export interface WaitingReports {
  /** A tab has a good reason to try again at once. */
  relieved(): void;
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

export interface WaitingChecks extends WaitingReports {
  /** Any request. */
  asked(passage: Passage): void;
  /** A batch. */
  sent(passage: Passage): void;
  answered(passage: Passage, status: number, isDefinite: boolean): void;
}

export interface WaitingHost {
  readonly ledger: Ledger;
  readonly tabs: () => readonly Tab[];
  readonly elapsed: () => number;
  readonly hasLocks: boolean;
}

// The least of the library's waits after a failure.
const minDelay = 1_000;

// How long a tab may take to act on a reason to try again.
const reliefDelay = 15_000;

/** Judges when something is sent: not during a wait, without a session, in a pause, or after its user signed out (11). */
export function createWaitingChecks({ ledger, tabs, elapsed, hasLocks }: WaitingHost): WaitingChecks {
  // Where somebody said that there is a session: what a drain learns that began before may be older than that.
  let isSessionNews = new WeakSet<Tab>();
  const doubtful = new Set<Tab>();
  // What one tab takes for a reason the others hear of: the waits are shared.
  let reliefAt = Number.NEGATIVE_INFINITY;
  const waits = new Map<Tab, { readonly leadId: string; readonly since: number }>();
  const asked = new Map<Tab, { readonly status: number; readonly until: number }>();
  let paused: Tab | undefined;
  // After signing out: those that were told, or began to send since and could have known.
  let absent: Set<Tab> | undefined;

  const relieved = () => {
    reliefAt = elapsed();
    waits.clear();
  };

  return {
    asked({ tab, leadId }) {
      if (absent?.has(tab)) ledger.break(11, `${tab.label} asked for ${leadId} after its user signed out`);
    },
    sent({ tab, leadId }) {
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
    answered(passage, status, isDefinite) {
      const { tab, leadId } = passage;
      if (isDefinite) {
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
    freed() {
      relieved();
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
