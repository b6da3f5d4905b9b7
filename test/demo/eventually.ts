import { expect } from 'vitest';

/** Waits until what `read` gives is as expected, for as long as a browser on a busy machine may need. */
export function eventually<T>(read: () => T | Promise<T>) {
  return expect.poll(read, { timeout: 15_000 });
}
