import type { Database, Tables } from './database.ts';

/** Where there are no Web Locks: who may send, and until when at most, in milliseconds since 1970 (R39). */
export interface Lease {
  readonly holder: string;
  readonly until: number;
}

/** How long somebody else may still send; undefined: nobody else. To be asked in the transaction that chooses batches. */
export async function leasedUntil({ meta }: Tables, mine: Lease, now: number): Promise<number | undefined> {
  const row = await meta.get('lease');
  if (!row?.lease || row.lease.holder === mine.holder || row.lease.until <= now) return undefined;
  // A clock that was set back must not prolong it beyond its own length.
  const until = Math.min(row.lease.until, mine.until);
  if (until < row.lease.until) await meta.put({ ...row, lease: { ...row.lease, until } });
  return until;
}

export async function takeLease({ meta }: Tables, lease: Lease): Promise<void> {
  await meta.put({ key: 'lease', lease });
}

export function returnLease(database: Database, holder: string): Promise<void> {
  return database.run('rw', async ({ meta }) => {
    if ((await meta.get('lease'))?.lease?.holder === holder) await meta.delete('lease');
  });
}
