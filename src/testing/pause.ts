import type { Clock } from '../environment.ts';

/**
 * Resolves after `milliseconds` on the clock, never if they are infinite. Rejects with the signal's reason as soon as
 * it is aborted.
 */
export function pause(clock: Clock, milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    let timer: unknown;
    const stop = () => {
      clock.clearTimeout(timer);
      reject(signal?.reason);
    };
    const end = () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    signal?.addEventListener('abort', stop, { once: true });
    if (milliseconds !== Number.POSITIVE_INFINITY) timer = clock.setTimeout(end, milliseconds);
  });
}
