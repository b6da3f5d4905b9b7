import type { Mix } from '../mix.ts';
import { findsBugs } from './finds-bugs.ts';

const withoutLocks: Partial<Mix> = { hasLocks: false, tabs: 3 };

// Mistakes that only show in when something is sent, and in who sends it.
findsBugs([
  {
    name: 'sends what it was choosing when it was paused',
    changes: [
      {
        file: 'src/replay/drain.ts',
        find: '< host.concurrency && !host.isStopped() &&',
        replace: '< host.concurrency &&',
      },
    ],
    caughtBy: [11],
    mix: { actions: { set: 6, wait: 6, pause: 2, resume: 3, sync: 1 } },
  },
  {
    name: 'sends an edit only when something else happens',
    changes: [
      {
        file: 'src/wiring.ts',
        find: 'replay.trigger();\n    tellTabs(leadIds);',
        replace: 'tellTabs(leadIds);',
      },
    ],
    caughtBy: [5],
  },
  {
    name: 'wakes itself up for no attempt',
    changes: [
      {
        file: 'src/replay/replay.ts',
        find: 'timer = clock.setTimeout(due, Math.max(0, wait));',
        replace: 'timer = due && undefined;',
      },
    ],
    caughtBy: [5],
  },
  {
    name: 'reads what others learned before it has the lease',
    changes: [
      {
        file: 'src/replay/replay.ts',
        find: "if (othersUntil) return schedule(othersUntil + behind, 'retry');",
        replace: '',
      },
      {
        file: 'src/storage/lease.ts',
        find: 'const isMine = lease?.holder === mine.holder;',
        replace: 'const isMine = !(await claimLease({ meta }, leaseNow));',
      },
    ],
    caughtBy: [11],
    mix: withoutLocks,
  },
  {
    name: 'takes a lease for void where the clock was set back',
    changes: [
      {
        file: 'src/storage/lease.ts',
        find: '!(mine.since < lease.until);',
        replace: '!(mine.since < lease.until) || lease.until > mine.until;',
      },
    ],
    caughtBy: [4, 11],
    mix: { ...withoutLocks, actions: { set: 6, jump: 3, wait: 4, sync: 2, weather: 1, open: 1 } },
  },
  {
    name: 'takes its own requests for over where the clock went forward',
    changes: [
      {
        file: 'src/replay/drain.ts',
        find: 'lookedAt = host.now();',
        replace: 'if (lookedAt && host.now() > lookedAt + 60_000) reserved.clear();\n      lookedAt = host.now();',
      },
    ],
    caughtBy: [4],
    mix: { ...withoutLocks, tabs: 1, hasWorker: false },
  },
  {
    name: 'keeps the waits of other tabs only once it sent something',
    changes: [
      {
        file: 'src/replay/replay.ts',
        find: 'const waits = shifted(',
        replace: 'const waits = !batches ? { leads: {} } : shifted(',
      },
    ],
    caughtBy: [11],
  },
  {
    name: 'hears of the pauses of other tabs by messages only',
    changes: [
      {
        file: 'src/replay/replay.ts',
        find: '(isPaused ?? progress.paused)',
        replace: '(isPaused && progress.paused)',
      },
    ],
    caughtBy: [11],
    mix: { tabs: 3, messages: { lost: 0.6, doubled: 0, late: 0 } },
  },
  {
    name: 'takes one reason to try again for every failure soon after it',
    changes: [
      {
        file: 'src/model/replay-state.ts',
        find: '=> since > at;',
        replace: '=> since > at + 10_000;',
      },
    ],
    caughtBy: [11],
  },
]);
