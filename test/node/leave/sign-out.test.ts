import { describe, expect, it, vi } from 'vitest';
import type { SignOutOptions } from '../../../src/index.ts';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, soon } from '../../builders/a-leadbox.ts';
import { aWatchedStorage } from '../../builders/a-raw-database.ts';
import { deadChannel } from '../../builders/a-tab.ts';

const id = leadId(0);
const patch = { properties: { a: 1 } };
const stopped = { autoSync: false };
const wiping: SignOutOptions['pending'][] = [undefined, 'refuse', 'sync', 'discard'];

describe('R45 signOut', () => {
  it.each(wiping)('%s wipes the device and closes the leadbox where everything is sent', async (pending) => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    await (await leadbox.patch(id, patch)).settled;
    await leadbox.signOut(pending && { pending });
    expect(await device.indexedDB.databases()).toEqual([]);
    expect(await leadbox.status()).toMatchObject({ state: 'closed' });
    await expect(leadbox.get(id)).rejects.toMatchObject({ code: 'closed' });
    await device.clock.advance(120_000);
    expect(await device.indexedDB.databases()).toEqual([]);
    expect(device.clock.pending).toBe(0);
  });

  it('refuses while edits are pending or parked, says how many, and goes on', async () => {
    const device = aDevice({ leads: someLeads(2) });
    const leadbox = await device.loadedTab(stopped);
    device.api.next(422);
    await leadbox.patch(id, patch);
    await leadbox.sync();
    await leadbox.patch(leadId(1), patch);
    await leadbox.patch(leadId(1), { properties: { b: 2 } });
    const refusal = { code: 'unsynced-edits', message: expect.stringMatching(/^2 edits .* 1 wait/) };
    await expect(leadbox.signOut()).rejects.toMatchObject(refusal);
    expect(await leadbox.status()).toMatchObject({ pending: 2, parked: 1 });
    expect((await leadbox.get(leadId(1)))?.lead.properties).toMatchObject({ a: 1, b: 2 });
  });

  it("'sync' sends first", async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab(stopped);
    await leadbox.patch(id, patch);
    await leadbox.signOut({ pending: 'sync' });
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 1 });
    expect(await device.indexedDB.databases()).toEqual([]);
  });

  it.each([503, 422, 401] as const)("'sync' refuses what it does not get through because of %s", async (fault) => {
    const device = aDevice();
    const leadbox = await device.loadedTab(stopped);
    await leadbox.patch(id, patch);
    device.api.next(fault);
    await expect(leadbox.signOut({ pending: 'sync' })).rejects.toMatchObject({ code: 'unsynced-edits' });
    const { pending, parked } = await leadbox.status();
    expect(pending + parked).toBe(1);
  });

  it("'sync' that was refused does not make a sign-in void that comes after it", async () => {
    const device = aDevice();
    let signIn = () => {};
    const onUnauthorized = () =>
      new Promise<void>((resolve) => {
        signIn = resolve;
      });
    const leadbox = await device.loadedTab({ onUnauthorized });
    device.api.next(401);
    const edit = await leadbox.patch(id, patch);
    await vi.waitFor(async () => expect((await leadbox.status()).waitingFor).toBe('session'), soon);
    await expect(leadbox.signOut({ pending: 'sync' })).rejects.toMatchObject({ code: 'unsynced-edits' });
    signIn();
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  });

  it("'sync' does not wait for a sign-in that the user leaves instead", async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ onUnauthorized: () => new Promise(() => {}) });
    device.api.next(401, 10);
    await leadbox.patch(id, patch);
    await vi.waitFor(async () => expect((await leadbox.status()).waitingFor).toBe('session'), soon);
    await expect(leadbox.signOut({ pending: 'sync' })).rejects.toMatchObject({ code: 'unsynced-edits' });
    await leadbox.signOut({ pending: 'discard' });
  });

  it("'sync' refuses while everything is paused", async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab(stopped);
    await leadbox.patch(id, patch);
    await leadbox.pause();
    await expect(leadbox.signOut({ pending: 'sync' })).rejects.toMatchObject({ code: 'unsynced-edits' });
  });

  it("'discard' wipes what was not sent, in the middle of a request too", async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    device.api.next('hang');
    await leadbox.patch(id, patch);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    await leadbox.signOut({ pending: 'discard' });
    await device.clock.advance(120_000);
    expect(await device.indexedDB.databases()).toEqual([]);
    expect(device.attempts).toHaveLength(1);
    expect(await device.tab(stopped).find()).toEqual([]);
  });

  it("'discard' is not undone by an answer that comes meanwhile, with another tab sending", async () => {
    const device = aDevice({ leads: someLeads(2) });
    device.api.latency = 10;
    const sender = await device.loadedTab();
    await sender.patch(id, patch);
    await sender.patch(leadId(1), patch);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    const leaver = device.tab();
    const left = leaver.signOut({ pending: 'discard' });
    await device.clock.advance(60_000);
    await left;
    expect(await device.indexedDB.databases()).toEqual([]);
  });

  it('refuses a word it does not know', async () => {
    const leadbox = await aDevice().loadedTab();
    // Wrong on purpose, as an app without types may call it.
    const wrong = { pending: 'later' } as unknown as SignOutOptions;
    await expect(leadbox.signOut(wrong)).rejects.toMatchObject({ code: 'invalid-option', path: ['pending'] });
    expect(await leadbox.status()).toMatchObject({ state: 'synced' });
  });

  it.each(wiping)('%s closes the leadboxes of other tabs', async (pending) => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    const other = device.tab();
    const ended = vi.fn();
    other.observe(id).subscribe({ complete: ended });
    await device.rest();
    await leadbox.signOut(pending && { pending });
    await device.rest();
    expect(await other.status()).toMatchObject({ state: 'closed' });
    await expect(other.patch(id, patch)).rejects.toMatchObject({ code: 'closed' });
    await device.clock.advance(120_000);
    expect(await device.indexedDB.databases()).toEqual([]);
    expect(device.clock.pending).toBe(0);
  });

  it('a second time, or after closing, rejects with closed', async () => {
    const leadbox = await aDevice().loadedTab();
    await leadbox.signOut();
    await expect(leadbox.signOut()).rejects.toMatchObject({ code: 'closed' });
  });

  it('leaves other names alone', async () => {
    const device = aDevice();
    const ada = await device.loadedTab({ name: 'ada' });
    const ben = await device.loadedTab({ name: 'ben', ...stopped });
    await ben.patch(id, patch);
    await ada.signOut({ pending: 'discard' });
    expect(await ben.status()).toMatchObject({ pending: 1 });
    expect((await ben.get(id))?.lead.properties).toMatchObject({ a: 1 });
  });
});

describe('R45 a tab that is not told of signing out, its channel being dead,', () => {
  const deaf = { environment: { channel: deadChannel } };

  it.each([
    ['that sends by itself', deaf],
    ['that sends when asked', { ...deaf, ...stopped }],
  ])('%s, keeps no edit, and brings no database back', async (_, options) => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    const other = device.tab(options);
    await other.get(id);
    await leadbox.signOut();
    await expect(other.patch(id, patch)).rejects.toMatchObject({ code: 'storage-unavailable' });
    await other.sync();
    await other.pause().catch(() => {});
    await other.load(someLeads(1)).catch(() => {});
    await device.clock.advance(120_000);
    expect(await device.indexedDB.databases()).toEqual([]);
    expect(await other.status()).toMatchObject({ waitingFor: 'storage' });
  });

  it('and holds on to the database, finds no lead to edit', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    const stuck = await new Promise<IDBDatabase>((resolve) => {
      const request = device.indexedDB.open('leadbox');
      request.onsuccess = () => resolve(request.result);
    });
    const left = leadbox.signOut({ pending: 'discard' });
    await device.clock.advance(5_000);
    await left;
    const rows = await new Promise((resolve) => {
      const request = stuck.transaction('leads').objectStore('leads').count();
      request.onsuccess = () => resolve(request.result);
    });
    expect(rows).toBe(0);
    stuck.close();
    await device.rest();
    expect(await device.indexedDB.databases()).toEqual([]);
  });
});

describe('R72 a tab whose connection the browser had closed before the databases were deleted', () => {
  it('brings none back', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    const { indexedDB, connections } = aWatchedStorage(device.indexedDB);
    const other = device.tab({ environment: { channel: deadChannel, indexedDB } });
    await other.get(id);
    await device.rest();
    for (const connection of connections) connection.close();
    await leadbox.signOut();
    await expect(other.patch(id, patch)).rejects.toMatchObject({ code: 'storage-unavailable' });
    expect(await other.status()).toMatchObject({ waitingFor: 'storage' });
    await other.sync();
    await other.sync();
    await device.clock.advance(120_000);
    expect(await device.indexedDB.databases()).toEqual([]);
  });
});
