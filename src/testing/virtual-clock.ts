import { type Clock, createEnvironment } from '../environment.ts';
import { LeadboxError } from '../model/leadbox-error.ts';

export interface VirtualClockOptions {
  /** Where the wall clock starts, in milliseconds since 1970. Default 2025-01-15T12:00:00Z. */
  readonly now?: number;
  /**
   * Waits until what the last timer set off has come to rest; called before the first timer of `advance` and after
   * each. The default lets 80 tasks run, which is enough for promises and an IndexedDB in memory. A test against a real
   * database gives a function that waits for its own condition.
   */
  readonly settle?: () => Promise<void>;
}

/** A clock that stands still until it is told to move. */
export interface VirtualClock extends Clock {
  /**
   * Let `milliseconds` go by: every timer that falls due runs at its own time, in the order of due times, then of
   * creation; so do the timers that these start. Calls made meanwhile wait for their turn.
   *
   * Rejects with what a timer throws, and then stands at that timer; with LeadboxError 'invalid-option' if time would
   * go backwards or 10,000 timers run without time going by.
   */
  advance(milliseconds: number): Promise<void>;
  /** Set the wall clock, back or forth. As on a device, no timer notices: each keeps the time that it has left. */
  set(now: number): void;
  /** Timers that wait. */
  readonly pending: number;
}

interface Timer {
  /** In milliseconds since the clock was created, which `set` does not touch. */
  readonly due: number;
  readonly run: () => void;
}

/** The longest delay a browser knows; it fires longer ones at once, and so does this clock. */
const longestDelay = 2 ** 31 - 1;

export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  const settle = options.settle ?? letTasksRun;
  const timers = new Map<unknown, Timer>(); // in the order of creation
  let created = 0;
  let elapsed = 0;
  let startedAt = options.now ?? Date.UTC(2025, 0, 15, 12);
  let lastTurn: Promise<void> = Promise.resolve();

  const move = async (milliseconds: number) => {
    const target = elapsed + milliseconds;
    let runsAtThisTime = 0;
    await settle();
    for (let next = firstDue(timers, target); next !== undefined; next = firstDue(timers, target)) {
      const [id, { due, run }] = next;
      runsAtThisTime = due > elapsed ? 1 : runsAtThisTime + 1;
      if (runsAtThisTime > 10_000) throw invalid('10,000 timers ran without time going by: one starts itself anew.');
      elapsed = Math.max(elapsed, due);
      timers.delete(id);
      run();
      await settle();
    }
    elapsed = target;
  };

  return {
    now: () => startedAt + elapsed,
    setTimeout(run, milliseconds) {
      const delay = milliseconds > 0 && milliseconds <= longestDelay ? milliseconds : 0;
      created += 1;
      timers.set(created, { due: elapsed + delay, run });
      return created;
    },
    clearTimeout(timer) {
      timers.delete(timer);
    },
    advance(milliseconds) {
      if (!(milliseconds >= 0 && milliseconds < Number.POSITIVE_INFINITY)) {
        return Promise.reject(invalid(`A clock cannot advance by ${milliseconds} milliseconds. Use set() to go back.`));
      }
      const turn = lastTurn.then(() => move(milliseconds));
      lastTurn = turn.catch(() => {}); // its caller is told; the next turn starts from where it stopped
      return turn;
    },
    set(now) {
      startedAt = now - elapsed;
    },
    get pending() {
      return timers.size;
    },
  };
}

function firstDue(timers: ReadonlyMap<unknown, Timer>, until: number): [unknown, Timer] | undefined {
  let first: [unknown, Timer] | undefined;
  for (const entry of timers) {
    const { due } = entry[1];
    if (due <= until && (first === undefined || due < first[1].due)) first = entry;
  }
  return first;
}

/**
 * Twice the platform's shortest timer, which lets pass whatever is scheduled as a timer or in Node as an immediate, each
 * time followed by messages. Every message goes over a channel of its own, because those of one channel can be
 * delivered in one turn of the event loop.
 */
async function letTasksRun(): Promise<void> {
  const { clock } = createEnvironment();
  for (let task = 0; task < 80; task += 1) {
    await new Promise<void>((resolve) => {
      if (task % 40 === 0) clock.setTimeout(resolve, 0);
      else postToSelf(resolve);
    });
  }
}

function postToSelf(received: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    received();
  };
  port2.postMessage(null);
}

function invalid(message: string): LeadboxError {
  return new LeadboxError('invalid-option', message, { path: ['milliseconds'] });
}
