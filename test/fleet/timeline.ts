/** Time that goes from one event to the next, for thousands of them at once. */
export interface Timeline {
  now(): number;
  after(run: () => void, milliseconds: number): unknown;
  cancel(event: unknown): void;
  /** Lets events happen, in the order of their times, until `isOver` or nothing is left to happen. */
  runUntil(isOver: () => boolean): Promise<void>;
}

interface Event {
  readonly at: number;
  readonly run: () => void;
  isCancelled: boolean;
}

export function createTimeline(start: number): Timeline {
  // By millisecond, and the milliseconds in order: there are far fewer of these than events.
  const events = new Map<number, Event[]>();
  let now = start;

  return {
    now: () => now,
    after(run, milliseconds) {
      const at = now + Math.max(0, Math.ceil(milliseconds));
      const event: Event = { at, run, isCancelled: false };
      const others = events.get(at);
      if (others) others.push(event);
      else events.set(at, [event]);
      return event;
    },
    cancel(event) {
      if (event) (event as Event).isCancelled = true; // only `after` makes them
    },
    async runUntil(isOver) {
      for (let at = now; events.size && !isOver(); at += 1) {
        for (let due = events.get(at); due?.length; due = events.get(at)) {
          events.delete(at);
          now = at;
          for (const event of due) if (!event.isCancelled) event.run();
          // Everything that follows without waiting for time happens now.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    },
  };
}
