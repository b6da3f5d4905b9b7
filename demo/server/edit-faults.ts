import type { Fault } from '../../src/testing.ts';

/** What the next PATCHes get instead of the stand-in's answer. */
export interface EditFaults {
  add(fault: EditFault, times: number): void;
  /** The fault for a PATCH; undefined: none. */
  take(url: string, body: string): Fault | undefined;
}

/** A status that refuses or fails, or an answer that gets lost after the edit was taken in. */
export type EditFault = number | 'lost-answer';

export function createEditFaults(): EditFaults {
  const queue: EditFault[] = [];
  let refused: { readonly url: string; readonly body: unknown } | undefined;

  return {
    add(fault, times) {
      for (let time = 0; time < times; time += 1) queue.push(fault);
    },
    take(url, body) {
      // As a rule of the server would: what it refused it refuses again, also when it comes in smaller pieces.
      if (refused?.url === url && isPartOf(parsed(body), refused.body)) return valueRefused();
      const fault = queue.shift();
      if (fault !== 422) return fault;
      refused = { url, body: parsed(body) };
      return valueRefused();
    },
  };
}

function valueRefused(): Response {
  return Response.json(
    { error: 'validation_error', message: 'A rule of this workspace does not allow this value.' },
    { status: 422 },
  );
}

function isPartOf(part: unknown, whole: unknown): boolean {
  if (part === whole) return true;
  if (!isObject(part) || !isObject(whole)) return JSON.stringify(part) === JSON.stringify(whole);
  return Object.entries(part).every(([key, value]) => Object.hasOwn(whole, key) && isPartOf(value, whole[key]));
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
