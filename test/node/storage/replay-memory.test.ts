import { IDBFactory } from 'fake-indexeddb';
import { expect, it } from 'vitest';
import { createEnvironment } from '../../../src/environment.ts';
import { createReplayMemory } from '../../../src/storage/replay-memory.ts';
import { aFailingStorage, type StorageFault } from '../../builders/a-failing-storage.ts';
import { aWatchedStorage } from '../../builders/a-raw-database.ts';

it('R47 what fails on one connection shares the next, and none stands in the way of a sign-out', async () => {
  const faults = new Map<IDBTransactionMode, StorageFault>([
    ['readonly', 'throws'],
    ['readwrite', 'NotReadableError'], // later, at its end
  ]);
  const failing = aFailingStorage(new IDBFactory(), (_, mode) => {
    const fault = faults.get(mode);
    faults.delete(mode);
    return fault;
  });
  const { indexedDB, connections } = aWatchedStorage(failing);
  const memory = createReplayMemory('leadbox', createEnvironment({ indexedDB }));
  const [, isWritten] = await Promise.all([memory.read(), memory.write({ isPaused: true })]);
  expect([isWritten, await memory.read()]).toMatchObject([true, { isPaused: true }]);
  expect(connections).toHaveLength(2);
  const deletion = indexedDB.deleteDatabase('leadbox-replay:leadbox');
  expect(
    await new Promise((resolve) => {
      deletion.onsuccess = () => resolve('deleted');
      deletion.onblocked = () => resolve('blocked');
    }),
  ).toBe('deleted');
});
