import type { WaitingFor } from './status.ts';

/** What replay remembers of failures: pure data, kept across tabs and reloads. */
export interface ReplayState {
  /** Nothing at all is sent until then: an outage, or the server or the session asks for it. */
  readonly hold?: Wait | undefined;
  /** Leads whose last attempt failed. */
  readonly leads: Readonly<Record<string, Wait>>;
  /** The lead that failed last, with no success since: another one failing next is an outage. */
  readonly lastFailed?: string | undefined;
  /** Milliseconds since 1970; when the server last acknowledged an edit. */
  readonly lastSyncedAt?: number | undefined;
}

export interface Wait {
  /** Failures in a row. */
  readonly failures: number;
  /** Milliseconds since 1970 of the last failure, and of the next attempt. */
  readonly since: number;
  readonly until: number;
  readonly why: WaitingFor;
}

/** Bounds of the backoff, in milliseconds. */
export interface RetryBounds {
  readonly minDelay: number;
  readonly maxDelay: number;
}

/** While the browser claims to be offline: one attempt a minute, because the claim is only a hint (R29). */
const offlineDelay = 60_000;

/** The delay in milliseconds after the n-th failure in a row, n from 1; `random` in [0, 1) (R25). */
export function backoff(failures: number, { minDelay, maxDelay }: RetryBounds, random: number): number {
  return minDelay + random * (Math.min(maxDelay, minDelay * 2 ** failures) - minDelay);
}

/** A failed attempt. */
export interface Failure {
  readonly leadId: string;
  readonly why: WaitingFor;
  /** When the request was sent, and now. */
  readonly sentAt: number;
  readonly now: number;
  readonly onLine: boolean;
  readonly random: number;
  readonly bounds: RetryBounds;
}

/**
 * After a failed attempt: the lead waits, and others go on; if another lead failed just before, or the failure is not
 * about a lead at all, everything waits (R15).
 */
export function afterFailure(state: ReplayState, failure: Failure): ReplayState {
  const { leadId, now, why, onLine } = failure;
  const waitAfter = (earlier: Wait | undefined): Wait => {
    const failures = (earlier?.failures ?? 0) + 1;
    const delay = Math.max(backoff(failures, failure.bounds, failure.random), onLine ? 0 : offlineDelay);
    return { failures, since: now, until: now + delay, why };
  };
  const { hold, lastFailed = leadId } = state;
  const next = { ...state, lastFailed: leadId, leads: { ...state.leads, [leadId]: waitAfter(state.leads[leadId]) } };
  const isOutage = hold ?? (lastFailed !== leadId || !onLine || why === 'session' || why === 'rate-limit');
  // Requests that were under way together fail together: they count once, while that wait lasts.
  return !isOutage || (hold && failure.sentAt <= hold.since && now < hold.until) ? next : { ...next, hold: waitAfter(hold) };
}

/** While the browser claims to be offline and nothing failed yet: no attempt that would only freeze a batch too early. */
export function offline(state: ReplayState, now: number): ReplayState {
  return state.hold
    ? state
    : { ...state, hold: { failures: 0, since: now, until: now + offlineDelay, why: 'network' } };
}

/** After an answer to a request sent at `sentAt`: an outage that began before is over, and so is this lead's waiting. */
export function afterAnswer(state: ReplayState, leadId: string, sentAt: number): ReplayState {
  const { [leadId]: _answered, ...others } = state.leads;
  const { hold, lastSyncedAt } = state;
  if (hold && sentAt <= hold.since) return { ...state, leads: others };
  return { leads: hold ? {} : others, lastSyncedAt };
}

/** Without the waits that a good reason to try again ends; what the server or the session asks for stays. */
export function relieved({ hold, lastSyncedAt }: ReplayState): ReplayState {
  return { leads: {}, lastSyncedAt, hold: hold?.why === 'rate-limit' || hold?.why === 'session' ? hold : undefined };
}

/** The state as another time or another tab left it: no wait is longer than what could have been set now (R25). */
export function clamped(state: ReplayState, now: number, { maxDelay }: RetryBounds): ReplayState {
  const latest = now + Math.max(maxDelay, offlineDelay);
  const clamp = (wait: Wait): Wait => ({
    ...wait,
    since: Math.min(wait.since, now),
    until: Math.min(wait.until, latest),
  });
  const leads = Object.entries(state.leads).map(([id, wait]) => [id, clamp(wait)]);
  return { ...state, leads: Object.fromEntries(leads), hold: state.hold && clamp(state.hold) };
}

/** Whether everything waits. */
export function isHeld({ hold }: ReplayState, now: number): boolean {
  return now < (hold?.until ?? 0);
}

/** When to look again, and why not before; `fences` are times before which some lead may not be sent. */
export function nextLook(state: ReplayState, fences: readonly number[], now: number): Partial<Wait> | undefined {
  if (isHeld(state, now)) return state.hold;
  const waits = [...Object.values(state.leads), ...fences.map((until) => ({ until, why: 'retry' as const }))];
  return waits.filter(({ until }) => until > now).sort((a, b) => a.until - b.until)[0];
}
