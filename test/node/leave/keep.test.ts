import { describe, expect, it, vi } from 'vitest';
import { aFailingStorage } from '../../builders/a-failing-storage.ts';
import { leadId } from '../../builders/a-lead.ts';
import { aDevice, soon } from '../../builders/a-leadbox.ts';
import { deadChannel } from '../../builders/a-tab.ts';
import { aWorker } from '../../builders/a-worker.ts';

const id = leadId(0);
const patch = { properties: { a: 1 } };
const stopped = { autoSync: false };
const deaf = { environment: { channel: deadChannel } };

describe("R73 after signOut({ pending: 'keep' })", () => {
  it('everything is still there and nothing is sent, not by the worker either, until a page opens the name', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab(stopped);
    await leadbox.patch(id, patch);
    await leadbox.signOut({ pending: 'keep' });
    await expect(leadbox.get(id)).rejects.toMatchObject({ code: 'closed' });
    await aWorker(device).sync();
    await device.clock.advance(600_000);
    expect(device.attempts).toEqual([]);
    const back = device.tab();
    expect((await back.get(id))?.lead.properties).toMatchObject({ a: 1 });
    await vi.waitFor(() => expect(device.api.lead(id)?.properties).toMatchObject({ a: 1 }), soon);
  });

  it('the worker sends again once a page has opened the name', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab(stopped);
    await leadbox.patch(id, patch);
    await leadbox.signOut({ pending: 'keep' });
    const back = device.tab(stopped);
    await back.status();
    await device.rest();
    await aWorker(device).sync();
    expect(device.attempts).toHaveLength(1);
  });

  it('a worker that cannot read that he left sends nothing, and has the browser come back', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab(stopped);
    await leadbox.patch(id, patch);
    await leadbox.signOut({ pending: 'keep' });
    const indexedDB = aFailingStorage(device.indexedDB, (tables) => (tables.includes('memory') ? 'throws' : undefined));
    await expect(aWorker(device, { environment: { indexedDB } }).sync()).rejects.toMatchObject({ code: 'network' });
    expect(device.attempts).toEqual([]);
  });

  it('the leadboxes of other tabs are closed', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab(stopped);
    const other = device.tab();
    await device.rest();
    await leadbox.signOut({ pending: 'keep' });
    await device.rest();
    expect(await other.status()).toMatchObject({ state: 'closed' });
  });

  it('a request that is under way ends, and its edit waits for the return', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    device.api.next('hang');
    await leadbox.patch(id, patch);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    await leadbox.signOut({ pending: 'keep' });
    await device.clock.advance(600_000);
    expect(device.attempts).toHaveLength(1);
    device.tab();
    await device.rest();
    expect(device.attempts.map(({ text }) => text)).toEqual([JSON.stringify(patch), JSON.stringify(patch)]);
  });

  it('a tab that was not told sends nothing more at its next pass, and closes', async () => {
    const device = aDevice();
    const other = await device.loadedTab(deaf);
    await device.rest();
    const leadbox = device.tab(stopped);
    await leadbox.patch(id, patch);
    await leadbox.signOut({ pending: 'keep' });
    await other.patch(id, { properties: { b: 2 } });
    await device.clock.advance(120_000);
    expect(device.attempts).toEqual([]);
    expect(await other.status()).toMatchObject({ state: 'closed', pending: 2 });
  });

  it('a tab that was not told sends nothing, although it stood in line for the lock since it was opened', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    device.api.next('hang');
    await leadbox.patch(id, patch);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    device.tab(deaf);
    await device.rest();
    await leadbox.signOut({ pending: 'keep' });
    await device.clock.advance(120_000);
    expect(device.attempts).toHaveLength(1);
  });

  it('a tab that was not told and sends only when asked, does not when it is asked for the first time', async () => {
    const device = aDevice();
    const other = await device.loadedTab({ ...deaf, ...stopped });
    await other.patch(id, patch);
    await device.tab(stopped).signOut({ pending: 'keep' });
    await other.sync();
    expect(device.attempts).toEqual([]);
  });

  it('a tab that was not told sends nothing, although it could not store that its user was there', async () => {
    const device = aDevice();
    let failures = 1;
    const indexedDB = withoutMemory(device.indexedDB, () => failures-- > 0);
    const other = await device.loadedTab({ environment: { ...deaf.environment, indexedDB } });
    await other.sync();
    const leadbox = device.tab(stopped);
    await leadbox.patch(id, patch);
    await leadbox.signOut({ pending: 'keep' });
    await other.patch(id, { properties: { b: 2 } });
    await device.clock.advance(120_000);
    expect(device.attempts).toEqual([]);
  });

  it('nor does one that could not store it and was never the sender before', async () => {
    const device = aDevice();
    let failures = 1;
    const indexedDB = withoutMemory(device.indexedDB, () => failures-- > 0);
    const other = await device.loadedTab({ ...stopped, environment: { ...deaf.environment, indexedDB } });
    await other.patch(id, patch);
    await device.rest();
    await device.tab(stopped).signOut({ pending: 'keep' });
    await other.sync();
    expect(device.attempts).toEqual([]);
  });

  it('a page that opens stays, where another one stored that their user is back while it could not', async () => {
    const device = aDevice();
    await (await device.loadedTab(stopped)).signOut({ pending: 'keep' });
    let isFailing = false;
    const indexedDB = withFirstWriteFailing(device.indexedDB, () => isFailing);
    const slow = device.tab({ environment: { ...deaf.environment, indexedDB } });
    await device.rest(); // it has asked by now whether the user left
    device.tab(stopped);
    await device.rest();
    isFailing = true;
    await device.rest();
    expect(await slow.status()).toMatchObject({ state: 'synced' });
  });

  it('rejects where that cannot be stored, and goes on', async () => {
    const device = aDevice();
    const indexedDB = withoutMemory(device.indexedDB, () => true);
    const leadbox = await device.loadedTab({ ...stopped, environment: { indexedDB } });
    await leadbox.patch(id, patch);
    await expect(leadbox.signOut({ pending: 'keep' })).rejects.toMatchObject({ code: 'storage-unavailable' });
    expect(await leadbox.status()).toMatchObject({ pending: 1 });
  });
});

/** A database of which replay's memory sometimes cannot be opened. */
function withoutMemory(factory: IDBFactory, isBroken: () => boolean): IDBFactory {
  return new Proxy(factory, {
    get(target, name) {
      if (name !== 'open') return Reflect.get(target, name, target);
      return (database: string, version?: number) => {
        if (database.startsWith('leadbox-replay') && isBroken()) throw new DOMException('Broken', 'UnknownError');
        return target.open(database, version);
      };
    },
  });
}

/** A database of which the first write to replay's memory goes on until it is to fail. */
function withFirstWriteFailing(factory: IDBFactory, isFailing: () => boolean): IDBFactory {
  let writes = 0;
  const failLater = (transaction: IDBTransaction) => {
    const goOn = () => {
      if (isFailing()) transaction.abort();
      else transaction.objectStore('memory').get('anything').onsuccess = goOn;
    };
    goOn();
  };
  const open = (database: string, version?: number) => {
    const request = factory.open(database, version);
    if (!database.startsWith('leadbox-replay')) return request;
    request.addEventListener('success', () => {
      const { result } = request;
      const begin = result.transaction.bind(result);
      result.transaction = (stores, mode, options) => {
        const transaction = begin(stores, mode, options);
        if (mode === 'readwrite' && ++writes === 1) failLater(transaction);
        return transaction;
      };
    });
    return request;
  };
  return new Proxy(factory, { get: (target, name) => (name === 'open' ? open : Reflect.get(target, name, target)) });
}
