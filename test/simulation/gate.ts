import type { Dice } from './dice.ts';
import type { ServerAnswer } from './server.ts';
import type { World } from './world.ts';

/** What stands before the server: sessions, a limited rate, and outages. */
export interface Gate {
  /** An answer in the place of the server's; undefined: the request is let in. */
  admit(): ServerAnswer | undefined;
  /** What the server's own answers carry besides, and for how many milliseconds they ask to be left alone. */
  extras(): Pick<ServerAnswer, 'headers' | 'wait'>;
  /** Whether it refuses a change for no reason. */
  clashes(): boolean;
  /** The session ends, or somebody signs in. */
  setSession(isThere: boolean): void;
  /** Nothing works for so many milliseconds. */
  burst(milliseconds: number): void;
  /** Sessions hold and nothing breaks; the rate stays limited. */
  calm(): void;
  /** The rate is not limited any more. */
  open(): void;
}

/** A share of the limit that the library leaves to the rest of the app. */
const reserve = 0.05;

export function createGate(world: World, dice: Dice, now: () => number): Gate {
  let hasSession = true;
  let isCalm = false;
  let isOpen = !world.bucket;
  let brokenUntil = 0;
  let used = 0;
  let window = 0;
  const { limit, seconds } = world.bucket ?? { limit: 1, seconds: 1 };

  const date = () => new Date(Math.floor(now() / 1_000) * 1_000);
  const left = () => (window + 1) * seconds * 1_000 - date().getTime();
  const budget = () => ({
    Date: date().toUTCString(),
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(Math.max(0, limit - used)),
    'X-RateLimit-Reset': String((window + 1) * seconds),
  });
  const limited = (): ServerAnswer => {
    const wait = left();
    const after = Math.ceil(wait / 1_000);
    const text = '{"error":"rate_limited"}';
    switch (dice.pick(['seconds', 'date', 'body', 'budget', 'unreadable'])) {
      case 'seconds':
        return { status: 429, text, headers: { 'Retry-After': String(after) }, wait };
      case 'date': {
        const until = new Date(date().getTime() + wait).toUTCString();
        return { status: 429, text, headers: { 'Retry-After': until, Date: date().toUTCString() }, wait };
      }
      case 'body':
        return { status: 429, text: JSON.stringify({ error: 'rate_limited', retry_after: after }), wait };
      case 'budget':
        return { status: 429, text, headers: budget(), wait };
      default:
        return { status: 429, text, headers: { 'Retry-After': 'soon' } };
    }
  };

  return {
    admit() {
      if (!isOpen) {
        const current = Math.floor(now() / 1_000 / seconds);
        if (current !== window) used = 0;
        window = current;
        if (used >= limit) return limited();
        used++;
      }
      if (!hasSession) return { status: 401, text: '{"error":"unauthorized"}' };
      if (isCalm || now() >= brokenUntil) return undefined;
      const wait = dice.chance(0.3) ? dice.pick([1_000, 5_000]) : undefined;
      const headers = wait === undefined ? {} : { 'Retry-After': String(wait / 1_000) };
      return { status: dice.pick([500, 502, 503]), text: 'Down', headers, wait };
    },
    extras() {
      if (isOpen) return {};
      return { headers: budget(), ...(limit - used > limit * reserve ? {} : { wait: left() }) };
    },
    clashes: () => !isCalm && world.clashes > 0 && dice.chance(world.clashes),
    setSession(isThere) {
      hasSession = isThere;
    },
    burst(milliseconds) {
      brokenUntil = now() + milliseconds;
    },
    calm() {
      isCalm = true;
      hasSession = true;
    },
    open() {
      isOpen = true;
    },
  };
}
