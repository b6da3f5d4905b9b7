import type { Database, Tables } from './database.ts';

/** Where there are no Web Locks: who may send, since and until when at most, in milliseconds since 1970 (R39). */
export interface Lease {
  readonly holder: string;
  readonly since: number;
  readonly until: number;
}

/**
 * Takes the lease; where somebody else has it, gives how long he may still send. `leaseNow` is asked once the
 * transaction runs, which may have stood in line for long.
 */
export async function claimLease({ meta }: Tables, leaseNow: () => Lease): Promise<number | undefined> {
  const lease = (await meta.get('lease'))?.lease;
  const mine = leaseNow();
  const isFree = !lease || lease.holder === mine.holder || !(mine.since < lease.until);
  // A clock that was set back must not prolong that of another beyond its own length.
  const next = isFree ? mine : { ...lease, until: Math.min(lease.until, mine.until) };
  await meta.put({ key: 'lease', lease: next });
  return isFree ? undefined : next.until;
}

/** Prolongs the lease. Gives whether it could: where somebody else had it since, what is known here may be out of date. */
export async function prolongLease({ meta }: Tables, leaseNow: () => Lease): Promise<boolean> {
  const lease = (await meta.get('lease'))?.lease;
  const mine = leaseNow();
  const isMine = lease?.holder === mine.holder;
  if (isMine) await meta.put({ key: 'lease', lease: mine });
  return isMine;
}

export function returnLease(database: Database, holder: string): Promise<void> {
  return database.run('rw', async ({ meta }) => {
    if ((await meta.get('lease'))?.lease?.holder === holder) await meta.delete('lease');
  });
}
