import type { Fault } from '../../src/testing.ts';

/** What the next PATCHes get instead of the stand-in's answer. */
export interface EditFaults {
  add(fault: EditFault, times: number): void;
  /** The fault for a PATCH; undefined: none. */
  take(url: string, body: string): Fault | undefined;
}

/** A status that refuses or fails, or an answer that gets lost after the edit was taken in. */
export type EditFault = number | 'lost-answer';

const typingPause = 2_000; // milliseconds
const wait = 6; // seconds

/** `now` gives milliseconds. */
export function createEditFaults(now: () => number = Date.now): EditFaults {
  const queue: EditFault[] = [];
  let refused: { readonly url: string; readonly body: unknown; readonly at: number } | undefined;

  const refuse = (url: string, body: unknown) => {
    refused = { url, body, at: now() };
    return valueRefused();
  };

  return {
    add(fault, times) {
      for (let time = 0; time < times; time += 1) queue.push(fault);
    },
    take(url, body) {
      const patch = parsed(body);
      if (refused?.url === url) {
        // As a rule of the server would: what it refused it refuses again, also when it comes in smaller pieces.
        if (isPartOf(patch, refused.body)) return valueRefused();
        // Letter by letter it is one value, whichever of them came first.
        if (now() - refused.at < typingPause && isPartOf(patch, refused.body, isSameTyping)) return refuse(url, patch);
      }
      const fault = queue.shift();
      if (fault === 429) return pauseAsked();
      return fault === 422 ? refuse(url, patch) : fault;
    },
  };
}

function pauseAsked(): Response {
  return Response.json(
    { error: 'rate_limit_exceeded', message: 'Too many requests.', retry_after: wait },
    { status: 429, headers: { 'Retry-After': String(wait) } },
  );
}

function valueRefused(): Response {
  return Response.json(
    { error: 'validation_error', message: 'A rule of this workspace does not allow this value.' },
    { status: 422 },
  );
}

function isPartOf(part: unknown, whole: unknown, isLike: (one: unknown, other: unknown) => boolean = isSame): boolean {
  if (!isObject(part) || !isObject(whole)) return isLike(part, whole);
  return Object.entries(part).every(([key, value]) => Object.hasOwn(whole, key) && isPartOf(value, whole[key], isLike));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Whether one text becomes the other by typing more into it. */
function isSameTyping(one: unknown, other: unknown): boolean {
  if (typeof one !== 'string' || typeof other !== 'string') return one === other;
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  let found = 0;
  for (let at = 0; at < long.length; at += 1) if (long[at] === short[found]) found += 1;
  return found === short.length;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
