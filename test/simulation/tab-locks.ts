import type { Scheduler } from './scheduler.ts';
import type { Tab } from './tab.ts';

interface Claim {
  readonly tab: Tab;
  readonly grant: () => void;
}

/** The exclusive locks of a device. */
export interface Locks {
  of(tab: Tab): Pick<LockManager, 'request'>;
  /** Claims held or waited for. */
  claims(): number;
}

/** Web Locks whose grants are tasks: a killed tab loses what it holds and waits for. */
export function createLocks(scheduler: Scheduler, onGranted: (tab: Tab) => void): Locks {
  const queues = new Map<string, Claim[]>();

  const queueOf = (name: string) => {
    const queue = queues.get(name) ?? [];
    queues.set(name, queue);
    return queue;
  };
  /** The first of a queue holds the lock. */
  const leave = (name: string, claim: Claim) => {
    const queue = queueOf(name);
    const place = queue.indexOf(claim);
    if (place < 0) return;
    queue.splice(place, 1);
    if (place === 0) queue[0]?.grant();
  };

  const claimLock = (tab: Tab, name: string, options: LockOptions, run: LockGrantedCallback<unknown>) =>
    new Promise<unknown>((resolve, reject) => {
      const { signal, ifAvailable } = options;
      signal?.throwIfAborted();
      if (tab.isDead) return;
      const queue = queueOf(name);
      if (ifAvailable && queue.length) {
        scheduler.post(tab, 'lock', () => void Promise.resolve(run(null)).then(resolve, reject));
        return;
      }
      const gone = () => {
        tab.ends.delete(gone);
        signal?.removeEventListener('abort', cancel);
        leave(name, claim);
      };
      const cancel = () => {
        gone();
        reject(signal?.reason);
      };
      const claim: Claim = {
        tab,
        grant() {
          scheduler.post(tab, 'lock', () => {
            if (!queue.includes(claim)) return; // aborted meanwhile
            signal?.removeEventListener('abort', cancel);
            onGranted(tab);
            const held = (async () => run({ name, mode: 'exclusive' }))();
            held.then(gone, gone);
            held.then(resolve, reject);
          });
        },
      };
      signal?.addEventListener('abort', cancel, { once: true });
      tab.ends.add(gone);
      queue.push(claim);
      if (queue[0] === claim) claim.grant();
    });

  return {
    of: (tab) => ({
      // The overloads of the standard: with or without options.
      request: ((name: string, ...rest: readonly unknown[]) => {
        const [options, run] = rest.length === 1 ? [{}, rest[0]] : rest;
        return claimLock(tab, name, options as LockOptions, run as LockGrantedCallback<unknown>);
      }) as LockManager['request'],
    }),
    claims: () => [...queues.values()].reduce((sum, { length }) => sum + length, 0),
  };
}
