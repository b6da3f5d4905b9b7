import type { Lead } from '../../src/index.ts';
import type { Fence, ParkedRow, PendingRow } from '../../src/model/lead-record.ts';
import type { BaseRow } from '../../src/storage/rows.ts';
import type { FakeFactory } from './fake-internals.ts';

/** Everything that is committed, as one read transaction would see it. The objects are the stored ones. */
export interface Stored {
  readonly leads: readonly Lead[];
  readonly bases: readonly BaseRow[];
  readonly outbox: readonly PendingRow[];
  readonly parked: readonly ParkedRow[];
  readonly fences: readonly Fence[];
}

/** Reads past all transactions: to be asked only while none that writes is under way, as right at a commit. */
export function readStored(factory: FakeFactory, name: string): Stored {
  const stores = factory._databases.get(name)?.rawObjectStores;
  const rows = <T>(table: string) => [...(stores?.get(table)?.records.values() ?? [])].map(({ value }) => value as T); // as the library wrote it
  return {
    ...{ leads: rows<Lead>('leads'), bases: rows<BaseRow>('bases'), outbox: rows<PendingRow>('outbox') },
    parked: rows<ParkedRow>('parked'),
    fences: rows<{ readonly fences?: readonly Fence[] }>('meta').flatMap(({ fences = [] }) => fences),
  };
}

/** All that is stored on the device, as text; or what is stored under a name only. */
export function storedText(factory: FakeFactory, name?: string): string {
  return [...factory._databases]
    .filter(([database]) => name === undefined || database === name || database.endsWith(`:${name}`))
    .flatMap(([, { rawObjectStores }]) => [...rawObjectStores.values()])
    .flatMap(({ records }) => [...records.values()].map(({ value }) => JSON.stringify(value)))
    .join('\n');
}
