/** Seeds of lives that once went wrong, with what it was. The lives of a seed change when the harness does. */
export const regressions: readonly { readonly seed: number; readonly was: string }[] = [
  { seed: 31, was: 'a connection lost while opening passed for a deleted database' },
  { seed: 54, was: 'a failing storage made replay forget its waits' },
  { seed: 59, was: 'a batch chosen before a pause was sent after it' },
  { seed: 100, was: 'a 429 that came after an older wait was ignored' },
  { seed: 187, was: 'a batch that was being chosen when a 429 came was sent all the same' },
  { seed: 428, was: 'what our own request removed from a section passed for a change of somebody else' },
  { seed: 129, was: 'a page that could not note its opening took a later sign-out for an earlier one' },
  { seed: 103, was: 'what a server left of an object that it had replaced passed for a change of somebody else' },
  { seed: 50160, was: 'under an idempotency key a refused request whose first attempt was late undid a later edit' },
  { seed: 60869, was: 'a request of before a repair arrived after it, in a page that did not know of replacing' },
  { seed: 800946, was: 'with a strict order a lead that was looked at went before an earlier edit of another' },
  { seed: 601970, was: 'an edit made on what a server had left of a member conflicted with the repair of it' },
  { seed: 602515, was: 'what an edit had set before it was parked passed for a change of somebody else' },
  { seed: 602650, was: 'parts of a batch that had arrived conflicted with later parts of it' },
  { seed: 101, was: 'without Web Locks a tab sent in a wait that another was told to keep' },
  { seed: 1327, was: 'the same, in the tab of a guest' },
];
