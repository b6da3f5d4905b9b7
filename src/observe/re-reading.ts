import type { Clock } from '../environment.ts';

/** Reading again from time to time, for the case that a message of another tab was lost (R41). */
export interface ReReading {
  /** Something may be pending. */
  begin(): void;
  end(): void;
}

/** Milliseconds. */
const interval = 30_000;

/** Calls `pendingIds` every 30 s, and `read` with the leads it gives and those it gave before, until there are none. */
export function createReReading(
  clock: Clock,
  pendingIds: () => Promise<readonly string[]>,
  read: (leadIds: readonly string[]) => void,
): ReReading {
  let timer: unknown;
  let isEnded = false;
  let before: readonly string[] = [];

  const look = async () => {
    timer = undefined;
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
