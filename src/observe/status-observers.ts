import type { SyncStatus } from '../model/status.ts';
import { createSource, type Observable, type Source } from './observable.ts';

/** Observers of the status. */
export interface StatusObservers {
  readonly observable: Observable<SyncStatus>;
  /** Something that the status tells of may have changed. */
  touch(): void;
  complete(): void;
}

/**
 * `read` gives the status as it is now; `onState` is told whenever its state, or what it waits for, has become another.
 */
export function createStatusObservers(
  read: () => Promise<SyncStatus>,
  onState: ((status: SyncStatus) => void) | undefined,
  reportError: (error: unknown) => void,
): StatusObservers {
  let isWatched = false;
  let reading = false;
  let touched = false;
  let told: SyncStatus | undefined;

  const touch = async () => {
    if (!isWatched && !onState) return;
    touched = true;
    if (reading) return;
    reading = true;
    try {
      while (touched) {
        touched = false;
        const status = await read();
        if (status.state !== told?.state || status.waitingFor !== told.waitingFor) onState?.(status);
        told = status;
        const shown = source.latest?.value;
        if (isWatched) source.next(shown && isSame(shown, status) ? shown : status);
      }
    } catch (error) {
      source.fail(error);
    } finally {
      reading = false;
    }
  };

  const source: Source<SyncStatus> = createSource({
    onWatched() {
      isWatched = true;
      void touch();
    },
    onUnwatched() {
      isWatched = false;
    },
    reportError,
  });

  return { observable: source.observable, touch: () => void touch(), complete: () => source.complete() };
}

function isSame(a: SyncStatus, b: SyncStatus): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof SyncStatus>; // of two statuses
  return [...keys].every((key) => a[key] === b[key]);
}
