export { type ReplayOnSyncOptions, replayOnSync } from './worker/replay-on-sync.ts';
