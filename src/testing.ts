export {
  createFakeLeadApi,
  type FakeLeadApi,
  type FakeLeadApiOptions,
  type FakeLeadRequest,
} from './testing/fake-lead-api.ts';
export type { Fault } from './testing/fault-queue.ts';
export { createLocalChannels, type LocalChannel } from './testing/local-channels.ts';
export { createLocalLocks } from './testing/local-locks.ts';
export { createSampleLeads, type SampleLeadOptions } from './testing/sample-leads.ts';
export { createVirtualClock, type VirtualClock, type VirtualClockOptions } from './testing/virtual-clock.ts';
