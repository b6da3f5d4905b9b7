interface Claim {
  readonly name: string;
  readonly mode: LockMode;
  /** Told once, when the claim moves from the queue to the held ones. */
  readonly granted: () => void;
  /** Told when another takes the lock away. */
  readonly stolen: () => void;
}

/**
 * Web Locks in memory, for hosts without them: requests made through the object share its locks, as those of one
 * origin's tabs do. Exclusive and shared mode, first come first served, `ifAvailable`, `signal` and `steal` work as the
 * standard has them, with its errors; a lock is free again, and its next claim granted, before its request resolves.
 */
export function createLocalLocks(): Pick<LockManager, 'request'> {
  const queue: Claim[] = [];
  const held = new Set<Claim>();

  const isFree = ({ name, mode }: Claim) =>
    ![...held].some((other) => other.name === name && (mode === 'exclusive' || other.mode === 'exclusive'));

  const hold = (claim: Claim) => {
    held.add(claim);
    claim.granted();
  };

  const serve = (name: string) => {
    for (;;) {
      const next = queue.find((claim) => claim.name === name);
      if (next === undefined || !isFree(next)) return;
      queue.splice(queue.indexOf(next), 1);
      hold(next);
    }
  };

  const release = (claim: Claim) => {
    if (held.delete(claim)) serve(claim.name);
  };

  const withdraw = (claim: Claim): boolean => {
    const place = queue.indexOf(claim);
    if (place < 0) return false;
    queue.splice(place, 1);
    serve(claim.name);
    return true;
  };

  const claimLock = <T>(name: string, options: LockOptions, callback: LockGrantedCallback<T>) =>
    new Promise<Awaited<T>>((resolve, reject) => {
      const { mode = 'exclusive', signal } = options;
      refuseContradictions(name, options);
      signal?.throwIfAborted();

      const run = async (lock: Lock | null): Promise<Awaited<T>> => {
        await undefined; // the callback never runs inside the call of request()
        signal?.throwIfAborted();
        return await callback(lock);
      };
      const abort = () => {
        if (withdraw(claim)) reject(signal?.reason);
      };
      const claim: Claim = {
        name,
        mode,
        granted() {
          signal?.removeEventListener('abort', abort);
          run({ name, mode })
            .finally(() => release(claim))
            .then(resolve, reject);
        },
        stolen() {
          reject(new DOMException(`The lock ${name} was stolen.`, 'AbortError'));
        },
      };

      if (options.steal) {
        for (const other of [...held].filter((holder) => holder.name === name)) {
          held.delete(other);
          other.stolen();
        }
        hold(claim);
      } else if (options.ifAvailable && (!isFree(claim) || queue.some((other) => other.name === name))) {
        run(null).then(resolve, reject);
      } else {
        signal?.addEventListener('abort', abort, { once: true });
        queue.push(claim);
        serve(name);
      }
    });

  function request<T>(name: string, callback: LockGrantedCallback<T>): Promise<Awaited<T>>;
  function request<T>(name: string, options: LockOptions, callback: LockGrantedCallback<T>): Promise<Awaited<T>>;
  function request<T>(
    name: string,
    ...rest: [LockGrantedCallback<T>] | [LockOptions, LockGrantedCallback<T>]
  ): Promise<Awaited<T>> {
    return rest.length === 1 ? claimLock(name, {}, rest[0]) : claimLock(name, rest[0], rest[1]);
  }
  return { request };
}

function refuseContradictions(name: string, { mode, steal, ifAvailable, signal }: LockOptions): void {
  const reason =
    (name.startsWith('-') && 'A lock name cannot begin with a hyphen.') ||
    (steal && ifAvailable && 'steal and ifAvailable exclude each other.') ||
    (steal && mode === 'shared' && 'Only an exclusive lock can be stolen.') ||
    (signal && (steal || ifAvailable) && 'A signal is of no use with steal or ifAvailable.');
  if (reason) throw new DOMException(reason, 'NotSupportedError');
}
