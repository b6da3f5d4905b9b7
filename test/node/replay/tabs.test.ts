import { describe, expect, it, vi } from 'vitest';
import type { Settlement } from '../../../src/index.ts';
import { aFailingStorage } from '../../builders/a-failing-storage.ts';
import { aLead, leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, soon, valuesOf } from '../../builders/a-leadbox.ts';

const id = leadId(0);
const patch = { properties: { a: 1 } };
const stopped = { autoSync: false };

describe('R40 the tab that made an edit learns how it ended when another tab sent it:', () => {
  it('synced, with its own view', async () => {
    const device = aDevice();
    const mine = await device.loadedTab(stopped);
    const other = device.tab(stopped);
    const first = await mine.patch(id, patch);
    device.intercept = async () => {
      await mine.patch(id, { properties: { b: 'since' } });
      device.intercept = undefined;
      return undefined;
    };
    expect(await other.sync()).toMatchObject({ pending: 0 });
    const settled = await first.settled;
    expect(settled).toMatchObject({ outcome: 'synced', lead: { properties: { a: 1, b: 'since' } } });
  });

  it('parked, with the edit', async () => {
    const device = aDevice();
    const mine = await device.loadedTab(stopped);
    const other = device.tab(stopped);
    const edit = await mine.patch(id, patch);
    device.api.next(422);
    await other.sync();
    expect(await edit.settled).toEqual({ outcome: 'parked', edit: (await mine.outbox.parked())[0] });
  });

  it('each edit of a batch that was taken apart', async () => {
    const device = aDevice();
    const mine = await device.loadedTab(stopped);
    const other = device.tab(stopped);
    const edits = [await mine.patch(id, patch), await mine.patch(id, { properties: { bad: 1 } })];
    device.intercept = ({ text }) => (text.includes('bad') ? new Response('', { status: 422 }) : undefined);
    await other.sync();
    expect((await Promise.all(edits.map(({ settled }) => settled))).map(({ outcome }) => outcome)).toEqual([
      'synced',
      'parked',
    ]);
  });

  it('R41 also where no message reaches it, as soon as it becomes visible', async () => {
    const device = aDevice();
    const deaf = { ...stopped, environment: { channel: undefined } };
    const mine = await device.loadedTab(deaf);
    const other = device.tab(deaf);
    const edit = await mine.patch(id, patch);
    await other.sync();
    device.becomeVisible();
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  });

  it('nothing, after it was closed', async () => {
    const device = aDevice();
    const mine = await device.loadedTab(stopped);
    const other = device.tab(stopped);
    const edit = await mine.patch(id, patch);
    await mine.close();
    let settled: Settlement | undefined;
    void edit.settled.then((value) => {
      settled = value;
    });
    await other.sync();
    await device.rest();
    expect(settled).toBeUndefined();
  });
});

describe('R39 of several tabs', () => {
  it('one sends, and every edit is sent once', async () => {
    const device = aDevice({ leads: someLeads(4) });
    device.api.latency = 100;
    const tabs = [await device.loadedTab(), device.tab(), device.tab()];
    const edits = [];
    for (const tab of tabs) {
      for (let lead = 0; lead < 4; lead += 1)
        edits.push(await tab.patch(leadId(lead), { properties: { n: edits.length } }));
    }
    await device.clock.advance(10_000);
    for (const edit of edits) expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.mostOpen).toEqual({ all: 1, ofOneLead: 1 });
    for (const tab of tabs) expect(await tab.status()).toMatchObject({ state: 'synced', pending: 0 });
  });

  it('another sends when the one that did is closed in the middle of a request', async () => {
    const device = aDevice();
    const first = await device.loadedTab();
    const second = device.tab();
    await device.rest();
    device.api.next('hang');
    await first.patch(id, patch);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    const later = await second.patch(id, { properties: { b: 2 } });
    await first.close();
    expect(await later.settled).toMatchObject({ outcome: 'synced' });
    expect(device.attempts.map(({ body }) => body)).toEqual([patch, patch, { properties: { b: 2 } }]);
  });

  it('another does not send while one waits for an answer', async () => {
    const device = aDevice({ leads: someLeads(2) });
    device.api.next('hang');
    const first = await device.loadedTab({ timeout: 10_000 });
    const second = device.tab();
    await first.patch(id, patch);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    await second.patch(id, { properties: { b: 1 } });
    await device.clock.advance(9_000);
    expect(device.attempts).toHaveLength(1);
  });

  it('all know of the backoff of the one that sent', async () => {
    const device = aDevice();
    device.api.next(500, 8);
    const first = await device.loadedTab();
    await first.patch(id, patch);
    while (device.attempts.length < 8) await device.clock.advance(1_000);
    await device.rest();
    const second = device.tab();
    await second.patch(id, { properties: { b: 1 } });
    await device.rest();
    expect(device.attempts).toHaveLength(8);
    expect((await second.status()).nextAttemptAt).toBeGreaterThan(device.clock.now());
  });

  it('all see what one edits, and how many edits wait', async () => {
    const device = aDevice();
    const mine = await device.loadedTab(stopped);
    const other = device.tab(stopped);
    const seen = valuesOf(other.observe(id));
    const statuses = valuesOf(other.observeStatus());
    await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
    await mine.patch(id, patch);
    await vi.waitFor(() => expect(seen.at(-1)?.lead.properties).toMatchObject({ a: 1 }), soon);
    expect(seen.at(-1)).toMatchObject({ pending: 1, server: aLead() });
    await vi.waitFor(() => expect(statuses.at(-1)).toMatchObject({ pending: 1 }), soon);
    await mine.sync();
    await vi.waitFor(() => expect(seen.at(-1)).toMatchObject({ pending: 0 }), soon);
    await vi.waitFor(() => expect(statuses.at(-1)).toMatchObject({ state: 'synced', pending: 0 }), soon);
  });

  it('one that failed shows its error no longer once another one sent', async () => {
    const device = aDevice();
    const mine = await device.loadedTab(stopped);
    const other = device.tab(stopped);
    await mine.patch(id, patch);
    device.api.next(503);
    await mine.sync();
    expect(await mine.status()).toMatchObject({ pending: 1, lastError: { code: 'request-failed' } });
    await device.clock.advance(60_000);
    await other.sync();
    await mine.sync();
    const { pending, lastError } = await mine.status();
    expect({ pending, lastError }).toEqual({ pending: 0, lastError: undefined });
  });

  it('shows an error of the storage no longer once it works', async () => {
    const device = aDevice();
    let isBroken = false;
    const indexedDB = aFailingStorage(device.indexedDB, (_, mode) =>
      isBroken && mode === 'readwrite' ? 'throws' : undefined,
    );
    const leadbox = await device.loadedTab({ ...stopped, environment: { indexedDB } });
    isBroken = true;
    await leadbox.sync();
    expect(await leadbox.status()).toMatchObject({ lastError: { code: 'storage-unavailable' } });
    isBroken = false;
    await leadbox.sync();
    expect((await leadbox.status()).lastError).toBeUndefined();
  });

  it('all see what is on its way, whichever sends it', async () => {
    const device = aDevice();
    const mine = await device.loadedTab(stopped);
    const other = device.tab(stopped);
    const seen = valuesOf(other.outbox.observe());
    await mine.patch(id, patch);
    device.intercept = () => new Promise(() => {});
    void mine.sync();
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    await vi.waitFor(() => expect(seen.at(-1)?.pending).toMatchObject([{ sent: true }]), soon);
  });

  it('each may have what messages cannot bring it, R41 as soon as it becomes visible', async () => {
    const device = aDevice();
    const deaf = { ...stopped, environment: { channel: undefined } };
    const mine = await device.loadedTab(deaf);
    const other = device.tab(deaf);
    const seen = valuesOf(other.observe(id));
    const all = valuesOf(other.observeAll());
    await vi.waitFor(() => expect([seen.length, all.length]).toEqual([1, 1]), soon);
    await mine.patch(id, patch);
    device.becomeVisible();
    await vi.waitFor(() => expect(seen.at(-1)?.lead.properties).toMatchObject({ a: 1 }), soon);
    await vi.waitFor(() => expect(all.at(-1)?.[0]?.properties).toMatchObject({ a: 1 }), soon);
  });
});

describe('R46 two leadboxes', () => {
  it('of one name in one page see each other’s leads and edits, and one outlives the other', async () => {
    const device = aDevice();
    const one = await device.loadedTab({ name: 'ada' });
    const two = device.tab({ name: 'ada' });
    const seen = valuesOf(two.observe(id));
    await vi.waitFor(() => expect(seen[0]).toBeDefined(), soon);
    const edit = await one.patch(id, patch);
    await vi.waitFor(() => expect(seen.at(-1)?.lead.properties).toMatchObject({ a: 1 }), soon);
    await edit.settled;
    await one.close();
    const after = await two.patch(id, { properties: { a: 2 } });
    expect(await after.settled).toMatchObject({ outcome: 'synced' });
  });

  it('of different names never see each other’s leads and edits', async () => {
    const device = aDevice();
    const ada = await device.loadedTab({ name: 'ada', ...stopped });
    const ben = device.tab({ name: 'ben', ...stopped });
    await ada.patch(id, patch);
    expect(await ben.get(id)).toBeUndefined();
    expect(await ben.status()).toMatchObject({ pending: 0 });
    expect(await ben.sync()).toMatchObject({ synced: 0 });
    expect(device.attempts).toEqual([]);
  });
});
