import type { Database, Tables } from './database.ts';

/** Where there are no Web Locks: who may send, and until when at most, in milliseconds since 1970 (R39). */
export interface Lease {
  readonly holder: string;
  readonly until: number;
}

/** Takes the lease, or prolongs it; where somebody else has it, gives how long he may still send. */
export async function claimLease({ meta }: Tables, mine: Lease, now: number): Promise<number | undefined> {
  const row = await meta.get('lease');
  if (!row?.lease || row.lease.holder === mine.holder || row.lease.until <= now) {
    await meta.put({ key: 'lease', lease: mine });
    return undefined;
  }
  // A clock that was set back must not prolong it beyond its own length.
  const until = Math.min(row.lease.until, mine.until);
  if (until < row.lease.until) await meta.put({ ...row, lease: { ...row.lease, until } });
  return until;
}

export function returnLease(database: Database, holder: string): Promise<void> {
  return database.run('rw', async ({ meta }) => {
    if ((await meta.get('lease'))?.lease?.holder === holder) await meta.delete('lease');
  });
}
