import { describe, expect, it } from 'vitest';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice } from '../../builders/a-leadbox.ts';
import { aRawDatabase, aWatchedStorage } from '../../builders/a-raw-database.ts';

const id = leadId(0);
const patch = { properties: { a: 1 } };
const indexes = ['updated_at'];

/** A device where an older tab, which does not close when it is asked to, holds on to a database without the index. */
async function aBlockedDevice() {
  const device = aDevice();
  const before = await device.loadedTab({ autoSync: false });
  await before.patch(id, patch);
  await before.close();
  return { device, old: await aRawDatabase(device.indexedDB) };
}

/** What became of a call; undefined while it waits. */
function outcomeOf(call: Promise<unknown>) {
  const outcome: { code?: unknown; value?: unknown } = {};
  call.then(
    (value) => {
      outcome.value = value;
    },
    ({ code }) => {
      outcome.code = code;
    },
  );
  return outcome;
}

describe('R50 while an older tab does not let go of the database', () => {
  it('calls wait for 5 s, then reject with storage-unavailable, and work once it lets go', async () => {
    const { device, old } = await aBlockedDevice();
    const leadbox = device.tab({ indexes, autoSync: false });
    const first = outcomeOf(leadbox.get(id));
    await device.clock.advance(4_900);
    expect(first).toEqual({});
    await device.clock.advance(200);
    expect(first).toEqual({ code: 'storage-unavailable' });
    old.close();
    await device.rest();
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ a: 1 });
    expect(await leadbox.sync()).toMatchObject({ synced: 1 });
  });

  it('calls made later reject too, and no timer stays', async () => {
    const { device, old } = await aBlockedDevice();
    const leadbox = device.tab({ indexes, autoSync: false });
    outcomeOf(leadbox.get(id));
    await device.clock.advance(6_000);
    const second = outcomeOf(leadbox.patch(id, patch));
    const third = outcomeOf(leadbox.status());
    await device.clock.advance(5_100);
    expect([second, third]).toEqual([{ code: 'storage-unavailable' }, { code: 'storage-unavailable' }]);
    old.close();
    await leadbox.close();
    expect(device.clock.pending).toBe(0);
  });

  it('calls of a tab that stands in line behind the one that is blocked reject too, and work later', async () => {
    const { device, old } = await aBlockedDevice();
    outcomeOf(device.tab({ indexes, autoSync: false }).get(id));
    await device.rest();
    const behind = device.tab({ indexes, autoSync: false });
    const call = outcomeOf(behind.get(id));
    await device.clock.advance(21_000);
    expect(call).toEqual({ code: 'storage-unavailable' });
    old.close();
    await device.rest();
    expect((await behind.get(id))?.lead.properties).toMatchObject({ a: 1 });
    expect(await behind.sync()).toMatchObject({ synced: 1 });
  });

  it('who signs in again while a stopped tab holds the deleted database hears of it, and can leave', async () => {
    const device = aDevice();
    const before = await device.loadedTab();
    await device.rest();
    const stopped = [
      await aRawDatabase(device.indexedDB),
      await aRawDatabase(device.indexedDB, 'leadbox-replay:leadbox'),
    ];
    const leaving = before.signOut();
    await device.clock.advance(6_000);
    await leaving;
    const again = device.tab();
    const call = outcomeOf(again.load([aLead()]));
    await device.clock.advance(60_000);
    expect(call).toEqual({ code: 'storage-unavailable' });
    const closing = outcomeOf(again.close());
    await device.clock.advance(60_000);
    expect(closing).toEqual({ value: undefined });
    for (const database of stopped) database.close();
  });

  it('it is noticed without a call that it let go, and what waits is sent', async () => {
    const { device, old } = await aBlockedDevice();
    const leadbox = device.tab({ indexes });
    await device.clock.advance(60_000);
    expect(device.attempts).toEqual([]);
    old.close();
    await device.clock.advance(60_000);
    expect(device.attempts).toHaveLength(1);
    expect(await leadbox.status()).toMatchObject({ state: 'synced' });
  });

  it.each([0, 3_000, 6_000])('the leadbox can be closed, after %i ms, and keeps no connection', async (time) => {
    const { device, old } = await aBlockedDevice();
    const { indexedDB, connections } = aWatchedStorage(device.indexedDB);
    const leadbox = device.tab({ indexes, environment: { indexedDB } });
    await device.clock.advance(time);
    const closing = leadbox.close();
    await device.clock.advance(5_000); // what was edited may still be stored
    await closing;
    old.close();
    await device.rest();
    expect(device.clock.pending).toBe(0);
    expect(connections.map(({ name }) => name)).toContain('leadbox');
    for (const connection of connections) {
      expect(() => connection.transaction([...connection.objectStoreNames])).toThrow(
        expect.objectContaining({ name: 'InvalidStateError' }),
      );
    }
  });

  it('an edit is not stored by a call that was refused', async () => {
    const { device, old } = await aBlockedDevice();
    const leadbox = device.tab({ indexes, autoSync: false });
    const edit = outcomeOf(leadbox.patch(id, { properties: { a: 2 } }));
    await device.clock.advance(6_000);
    expect(edit).toEqual({ code: 'storage-unavailable' });
    old.close();
    await device.rest();
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ a: 1 });
    expect(await leadbox.status()).toMatchObject({ pending: 1 });
  });
});
