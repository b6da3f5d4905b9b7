import type { WaitingFor } from './status.ts';

/** What replay remembers of failures: pure data, kept across tabs and reloads. */
export interface ReplayState {
  /** An outage, or a server that says too little about what it wants: nothing at all is sent until then. */
  readonly hold?: Wait | undefined;
  /** The server asked to be left alone until then (R26, R27). */
  readonly asked?: Omit<Wait, 'failures'> | undefined;
  /** The session is missing: nothing is sent until someone says that it is back (R28). */
  readonly isUnauthorized?: boolean | undefined;
  /** Name of the session that this was learned in: in a later one, that it is missing says nothing. */
  readonly session?: string | undefined;
  /** Leads whose last attempt failed. */
  readonly leads: Readonly<Record<string, Wait>>;
  /** Milliseconds since 1970, on the clock of the device. */
  readonly writtenAt?: number | undefined;
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

/** No server holds us longer than this, whatever it says, in milliseconds (R26). */
export const longestWait = 3_600_000;

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
  return !isOutage || (hold && failure.sentAt <= hold.since && now < hold.until)
    ? next
    : { ...next, hold: waitAfter(hold) };
}

/** While the browser claims to be offline and nothing failed yet: no attempt that would only freeze a batch too early. */
export function offline(state: ReplayState, now: number): ReplayState {
  return state.hold
    ? state
    : { ...state, hold: { failures: 0, since: now, until: now + offlineDelay, why: 'network' } };
}

/** How long the server wants no request, and over how long the next ones are to be spread after that; milliseconds. */
export interface ServerWait {
  readonly delay: number;
  readonly spread: number;
}

/** That wait in milliseconds: all who were told the same come back spread, but no longer than the longest backoff. */
export function askedWait({ delay, spread }: ServerWait, random: number, { maxDelay }: RetryBounds): number {
  return Math.min(delay + random * Math.min(spread, maxDelay), longestWait);
}

/** After an answer with which the server asked to be left alone (R26, R27). */
export function afterWait(
  state: ReplayState,
  wait: ServerWait,
  { now, random, bounds }: Pick<Failure, 'now' | 'random' | 'bounds'>,
): ReplayState {
  const until = now + askedWait(wait, random, bounds);
  return { ...state, asked: { since: now, until: Math.max(until, state.asked?.until ?? 0), why: 'rate-limit' } };
}

/** The session is missing. No attempt is counted: nothing is wrong with any lead. */
export function afterUnauthorized(state: ReplayState): ReplayState {
  return { ...state, isUnauthorized: true };
}

/** After an answer to a request sent at `sentAt`: an outage that began before is over, and so is this lead's waiting. */
export function afterAnswer(state: ReplayState, leadId: string, sentAt: number): ReplayState {
  const { [leadId]: _answered, ...others } = state.leads;
  const { hold, lastFailed, ...rest } = state;
  return hold && sentAt <= hold.since ? { ...state, leads: others } : { ...rest, leads: hold ? {} : others };
}

/**
 * Without the waits that a good reason to try again ends: those that began before it came, at `at`. What the server
 * asked for stays, and so does a missing session.
 */
export function relieved({ hold, ...state }: ReplayState, at: number): ReplayState {
  const isLater = ({ since }: Wait) => since > at;
  const leads = Object.fromEntries(Object.entries(state.leads).filter(([, wait]) => isLater(wait)));
  return hold && isLater(hold) ? { ...state, hold, leads } : { ...state, lastFailed: undefined, leads };
}

/** The same on another clock, that is `by` milliseconds ahead. */
export function shifted(state: ReplayState, by: number): ReplayState {
  if (!by) return state;
  const shift = <W extends Pick<Wait, 'since' | 'until'>>(wait: W): W => ({
    ...wait,
    since: wait.since + by,
    until: wait.until + by,
  });
  const { hold, asked } = state;
  const leads = Object.entries(state.leads).map(([id, wait]) => [id, shift(wait)]);
  return {
    ...state,
    leads: Object.fromEntries(leads),
    hold: hold && shift(hold),
    asked: asked && shift(asked),
  };
}

/** The state as another time or another tab left it: no wait is longer than what could have been set now (R25). */
export function clamped(state: ReplayState, now: number, { maxDelay }: RetryBounds): ReplayState {
  const clamp = <W extends Pick<Wait, 'since' | 'until'>>(wait: W, longest = Math.max(maxDelay, offlineDelay)): W => {
    const since = Math.min(wait.since, now);
    // Counted from where a clock that was set back stands now, it is not longer than it was.
    return { ...wait, since, until: Math.min(wait.until - wait.since + since, now + longest) };
  };
  const leads = Object.entries(state.leads).map(([id, wait]) => [id, clamp(wait)]);
  const { hold, asked } = state;
  return {
    ...state,
    leads: Object.fromEntries(leads),
    hold: hold && clamp(hold),
    asked: asked && clamp(asked, longestWait),
  };
}

/** What holds everything back now; undefined if nothing does. */
export function heldBy({ hold, asked, isUnauthorized }: ReplayState, now: number): Held | undefined {
  if (isUnauthorized) return { why: 'session' };
  const [longest] = [asked, hold].flatMap((wait) => wait ?? []).sort((a, b) => b.until - a.until);
  return longest && now < longest.until ? longest : undefined;
}

/** Why nothing is sent, and until when, in milliseconds since 1970; without an end, until someone acts. */
export interface Held {
  readonly why: WaitingFor;
  readonly until?: number;
}

/** When to look again, and why not before; `fences` are times before which some lead may not be sent. */
export function nextLook(state: ReplayState, fences: readonly number[], now: number): Held | undefined {
  const waits = [...Object.values(state.leads), ...fences.map((until) => ({ until, why: 'retry' as const }))];
  return heldBy(state, now) ?? waits.filter(({ until }) => until > now).sort((a, b) => a.until - b.until)[0];
}

/** Without what the server asked for and got: a clock that is set back later must not bring it back. */
export function lapsed(state: ReplayState, now: number): ReplayState {
  return state.asked && state.asked.until <= now ? { ...state, asked: undefined } : state;
}
