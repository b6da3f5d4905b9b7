import type { WaitingFor } from './status.ts';

/** What replay remembers of failures: pure data, kept across tabs and reloads. */
export interface ReplayState {
  /** Nothing at all is sent until then: an outage, or the server asked for it. */
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

export const nothingFailed: ReplayState = { leads: {} };

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
  /** 'all': the failure says something about the server or the session, not about this lead. */
  readonly scope: 'lead' | 'all';
  readonly why: WaitingFor;
  /** When the request was sent. */
  readonly sentAt: number;
  readonly now: number;
  readonly onLine: boolean;
  readonly random: number;
  readonly bounds: RetryBounds;
}

/**
 * After a failed attempt: the lead waits, and others go on; if another lead failed just before, or the failure concerns
 * all, everything waits (R15).
 */
export function afterFailure(state: ReplayState, failure: Failure): ReplayState {
  const { leadId, now } = failure;
  const waitAfter = (failures: number): Wait => ({
    failures,
    since: now,
    until: now + Math.max(backoff(failures, failure.bounds, failure.random), failure.onLine ? 0 : offlineDelay),
    why: failure.why,
  });
  const leads = { ...state.leads, [leadId]: waitAfter((state.leads[leadId]?.failures ?? 0) + 1) };
  const others = state.lastFailed !== undefined && state.lastFailed !== leadId;
  const next = { ...state, leads, lastFailed: leadId };
  if (!state.hold && failure.scope === 'lead' && failure.onLine && !others) return next;
  // Requests that were under way together fail together: they count once.
  if (state.hold && failure.sentAt < state.hold.since) return next;
  return { ...next, hold: waitAfter((state.hold?.failures ?? 0) + 1) };
}

/** After an answer of the server that is not a failure: an outage is over, and so is this lead's waiting. */
export function afterSuccess(state: ReplayState, leadId: string, syncedAt: number | undefined): ReplayState {
  const { [leadId]: _answered, ...others } = state.leads;
  const lastSyncedAt = syncedAt ?? state.lastSyncedAt;
  return { leads: state.hold ? {} : others, ...(lastSyncedAt === undefined ? {} : { lastSyncedAt }) };
}

/** Without the waits that a good reason to try again ends; what the server or the session asks for stays. */
export function relieved(state: ReplayState): ReplayState {
  const { hold, lastFailed: _forgotten, ...rest } = state;
  return { ...rest, leads: {}, ...(hold && !isRelievable(hold) ? { hold } : {}) };
}

/** The state as another time or another tab left it: no wait is longer than what could have been set now (R25). */
export function clamped(state: ReplayState, now: number, bounds: RetryBounds): ReplayState {
  const latest = now + Math.max(bounds.maxDelay, offlineDelay);
  const clamp = (wait: Wait): Wait => (wait.until > latest ? { ...wait, until: latest } : wait);
  const leads = Object.fromEntries(Object.entries(state.leads).map(([id, wait]) => [id, clamp(wait)]));
  return { ...state, leads, ...(state.hold ? { hold: clamp(state.hold) } : {}) };
}

function isRelievable(wait: Wait): boolean {
  return wait.why !== 'rate-limit' && wait.why !== 'session';
}
