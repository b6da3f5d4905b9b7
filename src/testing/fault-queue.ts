import { LeadboxError } from '../model/leadbox-error.ts';

/** What a call gets instead of the server's answer; `FakeLeadApi.next` says what each does. */
export type Fault = number | 'lost-answer' | 'hang' | 'network-error' | Response;

export interface FaultQueue {
  add(fault: Fault, times?: number): void;
  /** The fault for the call that is being made, a response cloned for it alone; undefined: none. */
  take(): Fault | undefined;
}

export function createFaultQueue(): FaultQueue {
  const queue: { readonly fault: Fault; left: number }[] = [];

  return {
    add(fault, times = 1) {
      if (typeof fault === 'number' && !(Number.isInteger(fault) && fault >= 200 && fault <= 599)) {
        throw invalid('fault', `A server cannot answer ${fault}: use a status from 200 to 599.`);
      }
      if (times !== Number.POSITIVE_INFINITY && !(Number.isInteger(times) && times >= 0)) {
        throw invalid('times', `A fault cannot happen ${times} times: use a whole number or Infinity.`);
      }
      if (times > 0) queue.push({ fault: copied(fault), left: times });
    },
    take() {
      const first = queue[0];
      if (first === undefined) return undefined;
      first.left -= 1;
      if (first.left === 0) queue.shift();
      return copied(first.fault);
    },
  };
}

function copied(fault: Fault): Fault {
  return typeof fault === 'object' ? fault.clone() : fault;
}

function invalid(name: string, message: string): LeadboxError {
  return new LeadboxError('invalid-option', message, { path: [name] });
}
