/** Whether the server knows who we are (R28). */
export interface Session {
  /** Whether a drain has to begin without one, given what was remembered of the drain before, in whatever tab. */
  isMissing(wasMissing: boolean | undefined): boolean;
  /** How a drain ended that began so; `hasAnswered`: the server took the session before. */
  ended(isMissing: boolean | undefined, hasAnswered: boolean): void;
  /** Has the app bring it back, once, however many requests missed it. Gives whether to try again. */
  renewed(): Promise<boolean>;
  /** Someone says that it is back. `isWritten`: where every drain reads it, whichever comes first. */
  restore(isWritten: boolean): void;
}

/**
 * `isWorker`: a page that opens brings a new session with it, a worker that is woken does not. `onUnauthorized` brings
 * it back or rejects; it is asked where the 401 came, and not again before the server has accepted what it brought.
 */
export function createSession(isWorker: boolean, onUnauthorized: (() => void | Promise<void>) | undefined): Session {
  let isBack = !isWorker;
  let hasAsked = false;
  let began = false;
  let mustAsk = false;
  let end = () => {};

  return {
    isMissing(wasMissing) {
      began = wasMissing === true && !isBack;
      isBack = false;
      return began;
    },
    ended(isMissing, hasAnswered) {
      if (!isMissing || hasAnswered) hasAsked = false;
      mustAsk = isMissing === true && !began && !hasAsked;
    },
    async renewed() {
      if (!mustAsk || !onUnauthorized) return false;
      mustAsk = false;
      hasAsked = true;
      const restored = new Promise<void>((resolve) => {
        end = resolve;
      });
      try {
        await Promise.race([onUnauthorized(), restored]);
        isBack = true;
        return true;
      } catch {
        return false; // the app knows why, and calls resume() once it has one
      }
    },
    restore(isWritten) {
      if (!isWritten) isBack = true;
      hasAsked = false;
      mustAsk = false;
      end();
    },
  };
}
