import type { createLeadbox } from '../../src/index.ts';

/** What a life is lived with: the library as it is, or with a bug planted in it. */
export interface Library {
  readonly createLeadbox: typeof createLeadbox;
}
