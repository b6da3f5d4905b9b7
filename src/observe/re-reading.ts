import type { Clock } from '../environment.ts';

/** Reading again from time to time, for the case that a message of another tab was lost (R41). */
export interface ReReading {
  /** Something may be pending. */
  begin(): void;
  end(): void;
}

/** Milliseconds. */
const interval = 30_000;

export interface ReReadingHost {
  readonly clock: Clock;
  /** Messages cannot come at all: while the page can be seen, everything is read. */
  readonly isDeaf: boolean;
  readonly isVisible: () => boolean;
  readonly pendingIds: () => Promise<readonly string[]>;
  /** Reads these leads again; undefined: all. */
  readonly read: (leadIds?: readonly string[]) => void;
}

/** Every 30 s it reads the leads that have pending edits, and those that had, until there are none. */
export function createReReading({ clock, isDeaf, isVisible, pendingIds, read }: ReReadingHost): ReReading {
  let timer: unknown;
  let isEnded = false;
  let before: readonly string[] = [];

  const look = async () => {
    timer = undefined;
    if (isDeaf) {
      if (isVisible()) read();
      return begin();
    }
    // Where the database cannot be read now, replay says so; this only tries again.
    const now = await pendingIds().catch(() => undefined);
    if (isEnded) return;
    if (!now) return begin();
    const asked = [...new Set([...before, ...now])];
    before = now;
    if (!asked.length) return;
    read(asked);
    begin();
  };
  const begin = () => {
    if (!isEnded) timer ??= clock.setTimeout(() => void look(), interval);
  };

  return {
    begin,
    end() {
      isEnded = true;
      clock.clearTimeout(timer);
    },
  };
}
