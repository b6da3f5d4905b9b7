import type { Ledger } from './ledger.ts';
import type { Passage } from './network.ts';
import type { Tab } from './tab.ts';

/** What is told about who has to wait, and who need not any more. */
export interface WaitingReports {
  /** A tab has a good reason to try again at once, now. */
  relieved(tab: Tab): void;
  /**
   * It is to try as soon as it can, whatever fails until then: its reason stands until the attempt. `isLate`: it may learn
   * so only after it has become the sender once more.
   */
  urged(tab: Tab, isLate?: boolean): void;
  /** What this tab had learned and not written is lost. */
  forgotten(tab: Tab): void;
  /** A tab may not be able to read or write what is remembered, now and when it next becomes the sender. */
  blinded(tab: Tab): void;
  /** What this tab learned is written where all others read it before they send. */
  remembered(tab: Tab): void;
  /** Its app says that there is a session. */
  signedIn(tab: Tab): void;
  /** It is written, where all others read it before they send, that someone says so. */
  newSession(): void;
  /** The clock is set. */
  jumped(milliseconds: number): void;
  /** Nobody may send after this tab paused; `isWritten`: where all others read it before they send. undefined: resumed. */
  paused(tab: Tab | undefined, isWritten?: boolean): void;
  /** The user signed out, and this tab was told; a tab is the sender; he is back. */
  left(): void;
  told(tab: Tab): void;
  granted(tab: Tab): void;
  back(): void;
}

export interface WaitingChecks extends WaitingReports {
  /** Any request, and its answer. */
  asked(passage: Passage): void;
  heard(passage: Passage, isDefinite: boolean): void;
  /** A batch, and its answer. */
  sent(passage: Passage): void;
  answered(passage: Passage, status: number, isDefinite: boolean): void;
}

export interface WaitingHost {
  readonly ledger: Ledger;
  readonly tabs: () => readonly Tab[];
  readonly elapsed: () => number;
  /** Whether a pause is written down. */
  readonly isPaused: () => boolean;
}

/** What a tab learned; the others know it as soon as it is written. */
interface Learned {
  readonly tab: Tab;
  isWritten: boolean;
}

interface Failure extends Learned {
  readonly since: number;
}

interface Asked extends Learned {
  readonly status: number;
  readonly until: number;
  /** The session in which its tab became the sender: a 401 says nothing about a later one. */
  readonly session: number;
}

// The least of the library's waits after a failure.
const minDelay = 1_000;

/** Judges when something is sent: not during a wait, without a session, in a pause, or after its user signed out (11). */
export function createWaitingChecks({ ledger, tabs, elapsed, isPaused }: WaitingHost): WaitingChecks {
  // Tabs whose app says that there is a session, and that take it for granted when they next become the sender.
  const news = new Set<Tab>();
  // Those that became the sender since and had no answer yet: frozen in between, they still take it for granted.
  const trying = new Set<Tab>();
  let session = 0;
  const grantedIn = new WeakMap<Tab, number>();
  const reliefs = new WeakMap<Tab, number>();
  // Each stands for as many times as the tab becomes the sender.
  const urged = new Map<Tab, number>();
  const blind = new Map<Tab, number>();
  /** By lead. */
  const failures = new Map<string, Failure>();
  const asked = new Set<Asked>();
  // Others know of a pause once it is written and they became the sender since.
  let pause: { readonly by: Tab; readonly others: Set<Tab>; readonly isWritten: boolean } | undefined;
  // What a tab could not write counts more for it than what it reads, and it may not be able to read.
  const unsure = new WeakSet<Tab>();
  // After signing out: those that were told, or began to send since and could have known.
  let absent: Set<Tab> | undefined;

  const relieved = (tab: Tab) => void reliefs.set(tab, elapsed());
  const isRelieved = (tab: Tab, { since }: Failure) => since <= (reliefs.get(tab) ?? Number.NEGATIVE_INFINITY);
  const dropFailures = (isOver: (failure: Failure) => boolean) => {
    for (const [leadId, failure] of failures) if (isOver(failure)) failures.delete(leadId);
  };

  const forgetAll = () => {
    failures.clear();
    asked.clear();
  };
  const forgetSessions = () => {
    for (const one of asked) if (one.status === 401) asked.delete(one);
  };
  /** Whether something stood for it, once less from now on. */
  const usedUp = (standing: Map<Tab, number>, tab: Tab) => {
    const left = standing.get(tab);
    if (left === undefined) return false;
    if (left > 1) standing.set(tab, left - 1);
    else standing.delete(tab);
    return true;
  };

  return {
    asked({ tab, leadId }) {
      if (absent?.has(tab)) ledger.break(11, `${tab.label} asked for ${leadId} after its user signed out`);
    },
    heard({ leadId, sentAt }, isDefinite) {
      if (!isDefinite) return;
      failures.delete(leadId);
      // An answer to a later request ends every wait (R25).
      dropFailures(({ since }) => since < sentAt);
    },
    sent({ tab, leadId }) {
      const knows = (one: Learned) => one.tab === tab || one.isWritten;
      const failure = failures.get(leadId);
      if (failure && knows(failure) && !isRelieved(tab, failure) && elapsed() < failure.since + minDelay) {
        if (urged.delete(tab)) relieved(tab);
        else
          ledger.break(11, `${tab.label} sent ${elapsed() - failure.since} ms after a failure of ${failure.tab.label}`);
      }
      const isOver = (one: Asked) => one.status === 401 && (news.has(tab) || one.session !== session);
      const held = [...asked].find((one) => knows(one) && elapsed() < one.until && !isOver(one));
      if (held) ledger.break(11, `${tab.label} sent after the ${held.status} of ${held.tab.label}, before it may`);
      if (pause?.by === tab || (pause?.others.has(tab) && !unsure.has(tab)))
        ledger.break(11, `${tab.label} sent while it was paused`);
    },
    answered({ tab, leadId, wait }, status, isDefinite) {
      trying.delete(tab);
      const learned = { tab, isWritten: false };
      const asks = (until: number) => asked.add({ ...learned, status, until, session: grantedIn.get(tab) ?? 0 });
      if (!isDefinite && status !== 401 && !(status === 429 && wait))
        failures.set(leadId, { ...learned, since: elapsed() });
      // Where its tab could not read in which session it is, the others try once more.
      if (status === 401 && !blind.has(tab)) asks(Number.POSITIVE_INFINITY);
      if (wait) asks(elapsed() + wait);
    },
    relieved,
    urged: (tab, isLate) => void urged.set(tab, isLate ? 2 : 1),
    forgotten(tab) {
      if (trying.delete(tab)) news.add(tab);
      const isLost = (one: Learned) => one.tab === tab && !one.isWritten;
      dropFailures(isLost);
      for (const one of asked) if (isLost(one)) asked.delete(one);
    },
    blinded(tab) {
      forgetAll();
      blind.set(tab, 1);
      unsure.add(tab);
    },
    remembered(tab) {
      // It had a reason, and so they all have.
      dropFailures((failure) => isRelieved(tab, failure) || urged.has(tab));
      if (news.has(tab)) forgetSessions();
      for (const one of [...failures.values(), ...asked]) if (one.tab === tab) one.isWritten = true;
    },
    jumped(milliseconds) {
      failures.clear();
      // Set forward, all waits are over, and where there are no locks its tab may have lost the lease before it wrote a 401.
      if (milliseconds > 0) for (const one of asked) if (one.status !== 401 || !one.isWritten) asked.delete(one);
      // By the clock, a reason from before may be later than what others fail at from now on.
      if (milliseconds < 0) for (const tab of tabs()) urged.set(tab, 1);
    },
    signedIn: (tab) => void news.add(tab),
    newSession: () => void session++,
    paused(tab, isWritten = false) {
      pause = tab && { by: tab, others: new Set(), isWritten };
    },
    left() {
      absent = new Set();
    },
    told: (tab) => void absent?.add(tab),
    granted(tab) {
      absent?.add(tab);
      grantedIn.set(tab, session);
      if (pause?.isWritten) pause.others.add(tab);
      if (usedUp(blind, tab)) forgetAll();
      // Finding that it is paused, it tries nothing, and what it was asked for still stands.
      if (!isPaused() && usedUp(urged, tab)) relieved(tab);
      if (!news.delete(tab)) return;
      forgetSessions();
      trying.add(tab);
    },
    back() {
      absent = undefined;
    },
  };
}
