import { createLeadbox, type Leadbox, type LeadboxOptions, type LeadState } from '../../src/index.ts';

declare global {
  /** The leadbox of the page, with the options that the page's address names after the #. */
  var leadbox: Leadbox;
  /** What the page's observers saw, oldest first. */
  var seen: LeadState[];
}

const options: LeadboxOptions = JSON.parse(decodeURIComponent(location.hash.slice(1)));
globalThis.seen = [];
globalThis.leadbox = createLeadbox({ retry: { minDelay: 20, maxDelay: 100 }, ...options });
