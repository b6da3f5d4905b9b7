import type { Environment } from '../environment.ts';

/** The right to send, which one leadbox of a name has at a time (R39). */
export interface SoleSender {
  /**
   * Runs `work` once nobody else sends, or not at all while the page is frozen. `lost` aborts when it has to stop: the
   * page is being frozen, and others must not wait for it; the leadbox closes; or the browser takes the lock away, and
   * then it runs once more, in its turn. Without Web Locks `work` runs at once; there the lease that it takes does the same.
   */
  hold(work: (lost: AbortSignal) => Promise<void>): Promise<void>;
  /** The page stops running, for nobody knows how long: what `hold` holds is free before this returns. */
  release(): void;
  /** What is held ends in its own time; nothing more will be. */
  close(): void;
}

export function createSoleSender(
  name: string,
  { locks }: Pick<Environment, 'locks'>,
  isFrozen: () => boolean,
): SoleSender {
  let lost = new AbortController();
  let isClosed = false;
  let free = () => {};

  const sender: SoleSender = {
    async hold(work) {
      if (isFrozen() || isClosed) return;
      const held = new AbortController();
      lost = held;
      const { signal } = held;
      const frozen = new Promise<void>((resolve) => {
        free = resolve;
      });
      let working: Promise<void> | undefined;
      let isTaken = false;
      const begin = () => {
        working = work(signal);
        return Promise.race([working, frozen]);
      };
      try {
        await (locks ? locks.request(`leadbox:${name}`, { signal }, begin) : begin());
      } catch (error) {
        // Not granted before it was given up; what the work throws comes below. Taken away in the middle of it, as browsers do
        // from pages that they keep for the back button, it ends.
        isTaken = !!working && !signal.aborted;
        if (working) held.abort();
        else if (!signal.aborted) throw error;
      }
      // Free already, it may still be storing an answer: harmless, whoever sends now (R23).
      await working;
      if (isTaken) await sender.hold(work); // in line again
    },
    release() {
      lost.abort();
      free();
    },
    close() {
      isClosed = true;
      lost.abort();
    },
  };
  return sender;
}
