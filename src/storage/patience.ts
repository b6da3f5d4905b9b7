import type { Clock } from '../environment.ts';
import { needNotBeAwaited } from './table.ts';

/** How long to wait for a database to open: behind what another tab blocks it may stand in line without end. */
export interface Patience {
  /** Rejects when it is over. */
  readonly over: Promise<never>;
  readonly isOver: () => boolean;
  /** It lasts so many milliseconds from now, more than a second, instead of what was said before. */
  start(milliseconds: number, why: Error): void;
  /** It takes as long as it takes. */
  stop(): void;
  end(why: Error): void;
}

/** Resolves when `work` does, or after so many milliseconds: what comes of it then is its own business. */
export async function within(milliseconds: number, clock: Clock, work: Promise<unknown>): Promise<void> {
  let timer: unknown;
  const tooLong = new Promise((resolve) => {
    timer = clock.setTimeout(() => resolve(undefined), milliseconds);
  });
  await Promise.race([work, tooLong]);
  clock.clearTimeout(timer);
}

/** Milliseconds that opening may take where nothing says what it waits for. */
export const longestOpening = 20_000;

/** Milliseconds, the last of them, that begin in a page that runs: once thawed, it hears of timers before databases. */
const lastOfIt = 1_000;

export function createPatience(clock: Clock): Patience {
  let timer: unknown;
  let isOver = false;
  let refuse = (_why: Error) => {};
  const over = needNotBeAwaited(
    new Promise<never>((_resolve, reject) => {
      refuse = reject;
    }),
  );
  const stop = () => clock.clearTimeout(timer);
  const end = (why: Error) => {
    stop();
    isOver = true;
    refuse(why);
  };
  return {
    ...{ over, stop, end },
    isOver: () => isOver,
    start(milliseconds, why) {
      if (isOver) return;
      stop();
      const nearlyOver = () => {
        timer = clock.setTimeout(() => end(why), lastOfIt);
      };
      timer = clock.setTimeout(nearlyOver, milliseconds - lastOfIt);
    },
  };
}
