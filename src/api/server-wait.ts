import { longestWait, type ServerWait } from '../model/replay-state.ts';

// RFC 9110: delta-seconds, or a date in this one form. Number() and Date.parse() take far more for such.
const isSeconds = /^\d+$/;
const isDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * What Retry-After (RFC 9110, 10.2.3), or `retry_after` in the body, asks for; undefined if neither can be read. A date
 * is counted from the answer's own Date, so that a wrong clock here does no harm; `now` where it has none.
 */
export function retryAfter({ headers }: Response, seconds: number | undefined, now: number): ServerWait | undefined {
  const text = headers.get('Retry-After') ?? '';
  if (isSeconds.test(text)) return asked(Number(text) * 1_000);
  if (isDate.test(text)) return asked(Date.parse(text) - serverTime(headers, now));
  return seconds === undefined ? undefined : asked(seconds * 1_000);
}

/**
 * Until when to leave the server alone because all but the `reserve`, a share of its limit, is used up (R27); undefined
 * while it is not, and where the headers cannot be read.
 */
export function budgetWait({ headers }: Response, reserve: number, now: number): ServerWait | undefined {
  const [limit, remaining, reset] = ['Limit', 'Remaining', 'Reset'].map((name) => {
    const text = headers.get(`X-RateLimit-${name}`) ?? '';
    return isSeconds.test(text) ? Number(text) : undefined;
  });
  if (limit === undefined || remaining === undefined || reset === undefined) return undefined;
  if (remaining > limit * reserve) return undefined;
  const delay = within(reset * 1_000 - serverTime(headers, now));
  return { delay, spread: delay / 10 };
}

/** The first that is not over already; of such ones any. */
export function firstWait(...waits: readonly (ServerWait | undefined)[]): ServerWait | undefined {
  return waits.find((wait) => wait?.delay) ?? waits.find((wait) => wait);
}

/** Everyone who was told the same comes back at a moment of his own: a queue of thousands is not to fall in at once. */
function asked(milliseconds: number): ServerWait {
  const delay = within(milliseconds);
  return { delay, spread: delay };
}

function within(milliseconds: number): number {
  return Math.min(Math.max(0, milliseconds || 0), longestWait);
}

function serverTime(headers: Headers, now: number): number {
  const date = headers.get('Date') ?? '';
  return isDate.test(date) ? Date.parse(date) : now;
}
