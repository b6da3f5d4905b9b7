import type { Lead } from '../../src/index.ts';
import type { Fence, ParkedRow, PendingRow } from '../../src/model/lead-record.ts';
import type { Lease } from '../../src/storage/lease.ts';
import type { BaseRow } from '../../src/storage/rows.ts';
import type { FakeFactory } from './fake-internals.ts';

/** Everything that is committed, as one read transaction would see it. The objects are the stored ones. */
export interface Stored {
  readonly leads: readonly Lead[];
  readonly bases: readonly BaseRow[];
  readonly outbox: readonly PendingRow[];
  readonly parked: readonly ParkedRow[];
  readonly fences: readonly Fence[];
  /** Who has the right to send where there are no Web Locks. */
  readonly lease: string | undefined;
}

/** Reads past all transactions: to be asked only while none that writes is under way, as right at a commit. */
export function readStored(factory: FakeFactory, name: string): Stored {
  const stores = factory._databases.get(name)?.rawObjectStores;
  const rows = <T>(table: string) => [...(stores?.get(table)?.records.values() ?? [])].map(({ value }) => value as T); // as the library wrote it
  const meta = rows<{ readonly fences?: readonly Fence[]; readonly lease?: Lease }>('meta');
  return {
    ...{ leads: rows<Lead>('leads'), bases: rows<BaseRow>('bases'), outbox: rows<PendingRow>('outbox') },
    parked: rows<ParkedRow>('parked'),
    fences: meta.flatMap(({ fences = [] }) => fences),
    lease: meta.find(({ lease }) => lease)?.lease?.holder,
  };
}

/** What replay remembers, of waits or under another key, as text. */
export function readMemory(factory: FakeFactory, database: string, what = 'state'): string | undefined {
  const { records } = factory._databases.get(database)?.rawObjectStores.get('memory') ?? {};
  return JSON.stringify([...(records?.values() ?? [])].find(({ key }) => key === what)?.value);
}

/** All that is stored on the device, as text; or what is stored under a name only. */
export function storedText(factory: FakeFactory, name?: string): string {
  return [...factory._databases]
    .filter(([database]) => name === undefined || database === name || database.endsWith(`:${name}`))
    .flatMap(([, { rawObjectStores }]) => [...rawObjectStores.values()])
    .flatMap(({ records }) => [...records.values()].map(({ value }) => JSON.stringify(value)))
    .join('\n');
}
