import type { Clock } from '../environment.ts';

/** Reading again from time to time, for the case that a message of another tab was lost (R41). */
export interface ReReading {
  /** Edits of these leads may be pending, or some are shown as pending; undefined: those of any lead. */
  begin(leadIds?: readonly string[]): void;
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

/** Every 30 s it reads the leads that have pending edits, and those that had or may have had, until there are none. */
export function createReReading({ clock, isDeaf, isVisible, pendingIds, read }: ReReadingHost): ReReading {
  let timer: unknown;
  let isEnded = false;
  let suspects = new Set<string>();

  const look = async () => {
    timer = undefined;
    if (isDeaf) {
      if (isVisible()) read();
      return schedule();
    }
    // Where the database cannot be read now, replay says so; this only tries again.
    const now = await pendingIds().catch(() => undefined);
    if (isEnded) return;
    if (!now) return schedule();
    const asked = [...new Set([...suspects, ...now])];
    suspects = new Set(now);
    read(asked);
    if (asked.length) schedule();
  };
  const schedule = () => {
    if (!isEnded) timer ??= clock.setTimeout(() => void look(), interval);
  };
  const suspect = (leadIds: readonly string[]) => {
    for (const leadId of leadIds) suspects.add(leadId);
  };

  return {
    begin(leadIds) {
      if (leadIds) suspect(leadIds);
      else if (!isDeaf) pendingIds().then(suspect, () => {});
      schedule();
    },
    end() {
      isEnded = true;
      clock.clearTimeout(timer);
    },
  };
}
