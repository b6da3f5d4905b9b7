import { afterEach, beforeEach, expect } from 'vitest';
import { complainTo } from './complain-to.ts';

const complaints: string[] = [];

/** R59 Every test of the file also demands that nothing is printed and no error is left unhandled, in all its pages. */
export function demandSilence(): void {
  // Where the pages that a test opens find it.
  Object.assign(window, { complaints });
  complainTo(complaints, window);
  beforeEach(() => void complaints.splice(0));
  afterEach(() => expect(complaints).toEqual([]));
}

/** On localhost, for developers, Dexie itself traces mistakes in a query; nowhere else. Takes note of exactly these. */
export function expectTraces(...expected: readonly RegExp[]): void {
  const traces = complaints.splice(0);
  expect(traces).toEqual(expected.map((words) => expect.stringMatching(words)));
}
