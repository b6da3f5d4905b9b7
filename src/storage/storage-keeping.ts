import type { Environment } from '../environment.ts';
import type { Warning } from '../model/status.ts';

const message =
  'The browser may delete unsent edits when storage runs low: it did not grant persistent storage. ' +
  'Installing the app, or letting it notify, usually changes that.';

/** Asks the browser, once, not to clear this storage when the device runs low (R74). Nothing waits for it. */
export function createStorageKeeping(
  { storage }: Pick<Environment, 'storage'>,
  warn: (code: Warning, message: string) => void,
): () => void {
  let isAsked = false;
  const ask = async () => {
    isAsked = true;
    try {
      if ((await storage?.persist()) === false) warn('storage-not-persistent', message);
    } catch {
      // Where it cannot be asked, it cannot be refused either; older browsers have the object without the method.
    }
  };
  return () => {
    if (!isAsked) void ask();
  };
}
