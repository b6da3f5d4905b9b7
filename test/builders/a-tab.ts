import type { Environment } from '../../src/index.ts';
import type { Device } from './a-leadbox.ts';

type To = 'visible' | 'hidden' | 'frozen' | 'resumed';

/** The life of one page, apart from that of the device's other tabs. */
export interface Page {
  readonly lifecycle: Environment['lifecycle'];
  /** The browser tells the page so; what its listeners do at once is done when this returns. */
  becomes(to: To): void;
}

export function aPage(): Page {
  const listeners = new Set<(to: To) => void>();
  return {
    lifecycle: {
      visible: () => true,
      subscribe(changed) {
        listeners.add(changed);
        return () => listeners.delete(changed);
      },
    },
    becomes(to) {
      for (const listener of [...listeners]) listener(to);
    },
  };
}

/** The clock of a page that stands still: timers that fall due meanwhile all run when it is thawed. */
export function aStandingClock(clock: Device['clock']): { readonly clock: Environment['clock']; thaw(): void } {
  const due: (() => void)[] = [];
  let isThawed = false;
  const unlessFrozen = (run: () => void) => () => {
    if (isThawed) run();
    else due.push(run);
  };
  return {
    clock: { ...clock, setTimeout: (run, milliseconds) => clock.setTimeout(unlessFrozen(run), milliseconds) },
    thaw() {
      isThawed = true;
      for (const run of due) run();
    },
  };
}

/** The environment of a tab that the operating system kills at some moment: from then on nothing in it goes on. */
export function aKillableTab({ clock, environment }: Device): {
  readonly environment: Partial<Environment>;
  kill(): void;
} {
  let isKilled = false;
  const unlessKilled = (run: () => void) => () => {
    if (!isKilled) run();
  };
  const never = new Promise<never>(() => {});
  return {
    environment: {
      clock: { ...clock, setTimeout: (run, milliseconds) => clock.setTimeout(unlessKilled(run), milliseconds) },
      // Neither an answer nor its own time-out reaches it any more; so it stays where it was.
      fetch: async (input, init) => {
        const answer = isKilled ? never : await environment.fetch?.(input, init);
        return answer && !isKilled ? answer : never;
      },
      channel: undefined,
    },
    kill() {
      isKilled = true;
    },
  };
}

/** A channel that loses every message. */
export const deadChannel: NonNullable<Environment['channel']> = () => ({
  onmessage: null,
  postMessage() {},
  close() {},
});

/** Never answered; only an abort ends it. */
export function unanswered(signal: AbortSignal | undefined): Promise<Response> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason));
  });
}
