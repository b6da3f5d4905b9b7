import type { Device } from './device.ts';
import type { Dice } from './dice.ts';
import type { Place } from './place.ts';
import { readMemory } from './stored.ts';
import type { Tab } from './tab.ts';
import type { StorageHost } from './tab-storage.ts';

/** The storage of a stay: when it fails, and who looks at what was committed. */
export function createStayStorage(place: Place, storageDice: Dice, device: () => Device): StorageHost {
  let memory: string | undefined;
  let session: string | undefined;
  return {
    factory: place.factory,
    scheduler: place.scheduler,
    faultOf(tab: Tab, database: string, mode: IDBTransactionMode) {
      const { user, sending, scheduler, mix } = device();
      device().onBegun(tab, database, mode);
      if (!device().storageFaults || (mode === 'readonly' && storageDice.chance(0.7))) return undefined;
      device().storageFaults--;
      // Waits that cannot be remembered are lost; that costs an attempt too early, and nothing else.
      if (database !== user.name) sending.blinded(tab);
      const fault = storageDice.weighted(mix.storage);
      scheduler.trace.push(`storage ${fault}`);
      return fault;
    },
    onCommit(tab: Tab, database: string) {
      const { user, storage, scheduler, sending, ledger } = device();
      scheduler.trace.push(`commit ${tab.label} ${database}`);
      if (database === user.name) {
        const { lease } = storage.stored;
        storage.committed();
        for (const { seq } of storage.stored.parked) if (!ledger.parkedBy.has(seq)) ledger.parkedBy.set(seq, tab);
        // Whoever takes the lease may send as if a lock had been granted.
        if (storage.stored.lease && storage.stored.lease !== lease) sending.granted(tab);
      } else {
        const written = readMemory(place.factory, database);
        if (written !== memory) sending.remembered(tab);
        memory = written;
        const named = readMemory(place.factory, database, 'session');
        if (named !== session) sending.newSession();
        session = named;
      }
      if (tab.diesAtCommit) device().kill(tab);
    },
  };
}
