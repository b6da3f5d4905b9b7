import type { Database, Tables } from './database.ts';

/** Where there are no Web Locks: who may send, and until when at most, in milliseconds since 1970 (R39). */
export interface Lease {
  readonly holder: string;
  readonly until: number;
}

/**
 * Takes the lease; where somebody else has it, gives how long he may still send. The clock is asked once the transaction
 * runs, which may have stood in line for long.
 */
export async function claimLease(
  { meta }: Tables,
  leaseFrom: (now: number) => Lease,
  clock: () => number,
): Promise<number | undefined> {
  const row = await meta.get('lease');
  const now = clock();
  const mine = leaseFrom(now);
  if (!row?.lease || row.lease.holder === mine.holder || !(now < row.lease.until)) {
    await meta.put({ key: 'lease', lease: mine });
    return undefined;
  }
  // A clock that was set back must not prolong it beyond its own length.
  const until = Math.min(row.lease.until, mine.until);
  if (until < row.lease.until) await meta.put({ ...row, lease: { ...row.lease, until } });
  return until;
}

/** Prolongs the lease. Gives whether it could: where somebody else had it since, what is known here may be out of date. */
export async function prolongLease({ meta }: Tables, mine: Lease): Promise<boolean> {
  const isMine = (await meta.get('lease'))?.lease?.holder === mine.holder;
  if (isMine) await meta.put({ key: 'lease', lease: mine });
  return isMine;
}

export function returnLease(database: Database, holder: string): Promise<void> {
  return database.run('rw', async ({ meta }) => {
    if ((await meta.get('lease'))?.lease?.holder === holder) await meta.delete('lease');
  });
}
