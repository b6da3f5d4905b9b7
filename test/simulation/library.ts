import type { createLeadbox } from '../../src/index.ts';
import type { replayOnSync } from '../../src/service-worker.ts';

/** What a life is lived with: the library as it is, or with a bug planted in it. */
export interface Library {
  readonly createLeadbox: typeof createLeadbox;
  readonly replayOnSync: typeof replayOnSync;
}
