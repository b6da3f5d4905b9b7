export { createLeadbox } from '../../src/index.ts';
export { replayOnSync } from '../../src/service-worker.ts';
