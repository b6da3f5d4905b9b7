import { commitNow, needNotBeAwaited } from './table.ts';

/**
 * What the body gave, once the transaction is complete. `onWritten` is told as soon as all of it is written, while it
 * commits; it must not throw. Where the body does, nothing of it is stored.
 */
export async function completed<T>(
  transaction: IDBTransaction,
  body: PromiseLike<T>,
  onWritten: ((result: T) => void) | undefined,
): Promise<T> {
  const complete = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException('It was aborted.', 'AbortError'));
  });
  void needNotBeAwaited(complete);
  try {
    const result = await body;
    commitNow(transaction);
    onWritten?.(result);
    await complete;
    return result;
  } catch (error) {
    abortIfOpen(transaction);
    // Requests only tell that they were aborted, the transaction why.
    if (error instanceof DOMException && error.name === 'AbortError') await complete;
    throw error;
  }
}

function abortIfOpen(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It ended by itself, and tells how by its events.
  }
}
