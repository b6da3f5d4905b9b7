import { coalesced } from '../model/coalesced.ts';
import { jsonEqual } from '../model/json.ts';
import type { SyncStatus } from '../model/status.ts';
import { createSource, type Later, type Observable } from './observable.ts';

/** Observers of the status. */
export interface StatusObservers {
  readonly observable: Observable<SyncStatus>;
  /** Something that the status tells of may have changed. */
  touch(): void;
  end(): void;
}

/**
 * `read` gives the status as it is now; `onState` is told whenever its state, or what it waits for, has become another.
 */
export function createStatusObservers(
  read: () => Promise<SyncStatus>,
  onState: ((status: SyncStatus) => void) | undefined,
  later: Later,
): StatusObservers {
  let isWatched = false;
  let told: SyncStatus | undefined;

  const touch = coalesced(async () => {
    if (!isWatched && !onState) return;
    try {
      const status = await read();
      if (status.state !== told?.state || status.waitingFor !== told.waitingFor) onState?.(status);
      told = status;
      const { lastError, ...rest } = source.latest?.value ?? {};
      const { lastError: newError, ...newRest } = status;
      if (lastError !== newError || !jsonEqual(rest, newRest)) source.next(status);
    } catch (error) {
      source.end({ error });
    }
  });

  const source = createSource<SyncStatus>((watched) => {
    isWatched = watched;
    if (watched) void touch();
  }, later);

  return { observable: source, touch: () => void touch(), end: source.end };
}
