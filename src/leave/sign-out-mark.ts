import type { ReplayMemory } from '../storage/replay-memory.ts';

/**
 * Gives whether a drain may send, told whether it found the mark of a user who left this device (R73). A page that opens the
 * name brings its user back and takes the mark away; a worker does not. `onLeft`: another tab set it since.
 */
export function createSignOutMark(
  memory: ReplayMemory,
  isPage: boolean,
  onLeft: () => void,
): (isSignedOut: boolean) => Promise<boolean> {
  // Also where nothing can be stored, and there was none to take away.
  const takeAway = async () =>
    (await memory.write({ isSignedOut: false })) || (await memory.read()).isSignedOut === false;
  let isGone = isPage ? takeAway() : undefined;
  return async (isSignedOut) => {
    // Seen without the mark, even if this page could not take it away: it is another tab's if it is there later.
    if (!isSignedOut) isGone = Promise.resolve(true);
    if (!isSignedOut || !isPage) return !isSignedOut;
    if (!(await isGone)) {
      isGone = takeAway(); // it could not be stored when the page opened
      return isGone;
    }
    // Asked before that was known, it may be the mark that was there when the page opened.
    const { isSignedOut: isStill } = await memory.read();
    if (isStill) onLeft();
    return isStill === false;
  };
}
