import { createLeadbox, isLeadboxError, type Leadbox, type LeadboxOptions } from '../../src/index.ts';
import { complainTo } from './complain-to.ts';

/** A page that holds a leadbox with the options that its address names. */
export interface TabWindow extends Window {
  readonly leadbox?: Leadbox;
  readonly isLeadboxError: typeof isLeadboxError;
}

// Opened by a test in a tab or a frame of the same origin; what is printed here is as bad as if it were printed there.
const test = (window.opener ?? window.parent) as Window & { complaints: string[] };
complainTo(test.complaints, window);

const options: LeadboxOptions = JSON.parse(new URLSearchParams(location.search).get('options') ?? '{}');
Object.assign(window, { leadbox: createLeadbox({ persist: false, ...options }), isLeadboxError });
