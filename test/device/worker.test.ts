import { describe, expect, it } from 'vitest';
import { leadId } from '../builders/a-lead.ts';
import { aDevice, editIn, patiently, statusOf } from './a-device.ts';
import { installWorker } from './a-worker.ts';

const id = leadId(0);
const score = { properties: { score: 90 } };
const unsent = { autoSync: false };

describe('R42 the service worker of an app, on a Background Sync event,', () => {
  it('sends what the last tab left behind, and handles no other event', async () => {
    const device = await aDevice();
    const page = await device.loadedTab(unsent);
    const worker = await installWorker(device, page);
    await editIn(page, id, score);
    await page.close();
    expect(await worker.sync()).toBe('done');
    expect(device.api.lead(id)).toMatchObject(score);
    expect(device.patches()).toHaveLength(1);
    expect(worker.handles).toBe('handles:sync');
  });

  it('has the browser come back while the server cannot be reached or fails, and is done when all is sent', async () => {
    const device = await aDevice();
    const page = await device.loadedTab(unsent);
    const worker = await installWorker(device, page);
    await editIn(page, id, score);
    await page.close();
    device.api.offline = true;
    expect(await worker.sync()).toBe('rejected:network');
    device.api.offline = false;
    device.api.next(503);
    expect(await worker.sync()).toBe('rejected:network');
    expect(await worker.sync()).toBe('done');
    expect(device.api.lead(id)).toMatchObject(score);
    expect(await worker.sync()).toBe('done');
    expect(device.patches()).toHaveLength(2);
  });

  it('R39 shares the lock with a page: what both are told to send is sent once', async () => {
    const device = await aDevice(5);
    const page = await device.loadedTab(unsent);
    const worker = await installWorker(device, page);
    for (let index = 0; index < 5; index += 1) await editIn(page, leadId(index), score);
    device.api.latency = 200;
    const synced = page.evaluate(() => leadbox.sync());
    await expect.poll(() => device.patches().length, patiently).toBe(1);
    const woken = worker.sync(); // while the page has four more to send
    expect(device.patches()).toHaveLength(1);
    expect(await woken).toBe('done');
    await synced;
    await statusOf(page).toMatchObject({ state: 'synced', pending: 0 });
    expect(device.patches()).toHaveLength(5);
  });

  it('R62 sends nothing while everything is paused', async () => {
    const device = await aDevice();
    const page = await device.loadedTab(unsent);
    const worker = await installWorker(device, page);
    await editIn(page, id, score);
    await page.evaluate(() => leadbox.pause());
    await page.close();
    expect(await worker.sync()).toBe('done');
    expect(device.patches()).toEqual([]);
  });

  it('R73 sends nothing after the user signed out and kept the edits, until a page opens that name again', async () => {
    const device = await aDevice();
    const page = await device.loadedTab(unsent);
    const worker = await installWorker(device, page);
    await editIn(page, id, score);
    await page.evaluate(() => leadbox.signOut({ pending: 'keep' }));
    expect(await worker.sync()).toBe('done');
    expect(device.patches()).toEqual([]);
    const back = await device.tab();
    await statusOf(back).toMatchObject({ state: 'synced' });
    expect(device.patches()).toHaveLength(1);
  });

  it('R45 brings no database back after the user signed out and discarded the edits', async () => {
    const device = await aDevice();
    const page = await device.loadedTab(unsent);
    const worker = await installWorker(device, page);
    await editIn(page, id, score);
    await page.evaluate(() => leadbox.signOut({ pending: 'discard' }));
    expect(await worker.sync()).toBe('done');
    expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
    expect(device.patches()).toEqual([]);
  });

  it('is asked for by the page, under the name of the database, and no edit waits for that', async () => {
    const device = await aDevice();
    const page = await device.loadedTab();
    await installWorker(device, page);
    device.api.offline = true;
    await editIn(page, id, score);
    const tags = () =>
      page.evaluate(async () => {
        // Of Background Sync, which TypeScript's library does not have.
        const { sync } = (await navigator.serviceWorker.ready) as unknown as { sync: { getTags(): Promise<string[]> } };
        return sync.getTags();
      });
    await expect.poll(tags, patiently).toEqual(['leadbox:leads']);
  });
});
