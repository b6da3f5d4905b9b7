/** Whether the server knows who we are (R28). */
export interface Session {
  /**
   * Whether a drain has to begin without one, given the name under which it is remembered that it is missing, in
   * whatever tab; undefined: it is not.
   */
  isMissing(missing: string | undefined): boolean;
  /**
   * How a drain ended that began so; `hasAnswered`: the server took the session before. `hasFailed`: nothing can be stored
   * now, and the app is asked after the next.
   */
  ended(isMissing: boolean | undefined, hasAnswered: boolean, hasFailed: boolean): void;
  /** Has the app bring it back, once, however many requests missed it. Gives whether to try again. */
  renewed(): Promise<boolean>;
  /** Nobody waits any more for what the app was asked; it counts all the same when it comes. */
  giveUp(): void;
  /** Someone says that it is back. `isWritten`: where every drain reads it, whichever comes first. */
  restore(isWritten: boolean): void;
}

/**
 * `isWorker`: a page that opens brings a new session with it, a worker that is woken does not. `onUnauthorized` brings
 * it back or rejects; it is asked where the 401 came, and not again before the server has accepted what it brought. `onBack`
 * is told when it brought it back after it was given up.
 */
export function createSession(
  isWorker: boolean,
  onUnauthorized: (() => void | Promise<void>) | undefined,
  onBack: () => void,
): Session {
  let isBack = !isWorker;
  // What was remembered when it came back, and may still be: not every drain can write what it learned.
  let overruled: string | undefined;
  let hasAsked = false;
  let began = false;
  // While the drain ran: what it met says nothing any more.
  let isRestored = false;
  let isOwed = false;
  let mustAsk = false;
  // Times that it was said to be back: what the app was asked for before says nothing any more.
  let restores = 0;
  let end = () => {};

  return {
    isMissing(missing) {
      if (isBack) overruled = missing;
      isBack = false;
      isRestored = false;
      began = missing !== undefined && missing !== overruled;
      return began;
    },
    ended(isMissing, hasAnswered, hasFailed) {
      if (isMissing) overruled = undefined;
      if (hasAnswered) hasAsked = false;
      isOwed = isMissing === true && (!began || isOwed) && !hasAsked && !isRestored;
      mustAsk = isOwed && !hasFailed;
    },
    async renewed() {
      if (!mustAsk || !onUnauthorized) return false;
      mustAsk = false;
      isOwed = false;
      hasAsked = true;
      const restored = new Promise<boolean>((resolve) => {
        end = () => resolve(false);
      });
      try {
        // Where someone else says so, what is written tells: it may have been before the server said no.
        const before = restores;
        const back = Promise.resolve(onUnauthorized()).then(() => true);
        const isOurs = await Promise.race([back, restored]);
        if (isOurs) isBack = true;
        else
          back.then(
            () => {
              if (restores > before) return;
              isBack = true;
              onBack();
            },
            () => {}, // as below
          );
        return true;
      } catch {
        return false; // the app knows why, and calls resume() once it has one
      }
    },
    giveUp: () => end(),
    restore(isWritten) {
      if (!isWritten) isBack = true;
      isRestored = true;
      restores++;
      hasAsked = false;
      isOwed = false;
      mustAsk = false;
      end();
    },
  };
}
