import { describe, expect, it, vi } from 'vitest';
import type { Environment } from '../../../src/index.ts';
import { aFailingStorage } from '../../builders/a-failing-storage.ts';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, type Device, soon } from '../../builders/a-leadbox.ts';
import { aLateStorage } from '../../builders/a-raw-database.ts';
import { aPage, aStandingClock, unanswered } from '../../builders/a-tab.ts';

const id = leadId(0);
const patch = { properties: { a: 1 } };
const idempotencyHeader = 'Idempotency-Key';

/** A tab in the middle of a request, and its page. */
async function aSendingTab() {
  const device = aDevice({ leads: someLeads(2) });
  const page = aPage();
  const tab = await device.loadedTab({ idempotencyHeader, environment: { lifecycle: page.lifecycle } });
  device.api.next('hang');
  const edit = await tab.patch(id, patch);
  await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
  return { device, page, tab, edit };
}

describe('R39 a page that is frozen', () => {
  it('ends its request before the event is over', async () => {
    const device = aDevice();
    const page = aPage();
    const tab = await device.loadedTab({ environment: { lifecycle: page.lifecycle } });
    let signal: AbortSignal | undefined;
    device.intercept = (_, given) => {
      signal = given;
      return unanswered(given);
    };
    await tab.patch(id, patch);
    await vi.waitFor(() => expect(signal).toBeDefined(), soon);
    page.becomes('frozen');
    expect(signal?.aborted).toBe(true);
  });

  it('or from which the lock is taken away, as browsers do where they keep a page, sends no more before it has it again', async () => {
    const device = aDevice();
    const tab = await device.loadedTab();
    let signal: AbortSignal | undefined;
    device.intercept = (_, given) => {
      device.intercept = undefined;
      signal = given;
      return unanswered(given);
    };
    const { settled } = await tab.patch(id, patch);
    await vi.waitFor(() => expect(signal).toBeDefined(), soon);
    let release = () => {};
    const taken = device.environment.locks?.request(
      'leadbox:leadbox',
      { steal: true },
      () => new Promise<void>((resolve) => (release = resolve)),
    );
    await device.rest();
    expect(signal?.aborted).toBe(true);
    expect(device.attempts).toHaveLength(1);
    release();
    await taken;
    await device.rest();
    expect(await settled).toMatchObject({ outcome: 'synced' });
  });

  it('lets go of the lock without another task of its own', async () => {
    const { device, page } = await aSendingTab();
    const granted = device.environment.locks?.request('leadbox:leadbox', () => 'granted');
    page.becomes('frozen');
    for (let step = 0; step < 50; step += 1) await undefined;
    expect(await Promise.race([granted, 'held'])).toBe('granted');
  });

  it('lets go of the lock at once also while it reads what to send', async () => {
    const device = aDevice();
    const page = aPage();
    const tab = await device.loadedTab({ environment: { lifecycle: page.lifecycle } });
    await device.rest();
    await tab.patch(id, patch);
    for (let step = 0; step < 50; step += 1) await undefined;
    const granted = device.environment.locks?.request('leadbox:leadbox', () => 'granted');
    page.becomes('frozen');
    for (let step = 0; step < 50; step += 1) await undefined;
    expect(await Promise.race([granted, 'held'])).toBe('granted');
  });

  it('leaves its batch to another tab, which sends the same bytes under the same id', async () => {
    const { device, page, tab, edit } = await aSendingTab();
    const second = device.tab({ idempotencyHeader });
    await device.rest();
    expect(device.attempts).toHaveLength(1);
    page.becomes('frozen');
    await device.rest();
    const [mine, theirs] = device.attempts;
    expect(device.attempts).toHaveLength(2);
    expect(theirs?.text).toBe(mine?.text);
    expect(theirs?.headers.get(idempotencyHeader)).toBe(mine?.headers.get(idempotencyHeader));
    expect(await second.status()).toMatchObject({ state: 'synced' });
    page.becomes('resumed');
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(await tab.status()).toMatchObject({ state: 'synced' });
  });

  it('sends nothing when its headers come late, and nothing that is edited in it', async () => {
    const device = aDevice();
    const page = aPage();
    let give = (_: HeadersInit) => {};
    const headers = vi.fn(() => new Promise<HeadersInit>((resolve) => (give = resolve)));
    const tab = await device.loadedTab({ headers, environment: { lifecycle: page.lifecycle } });
    await tab.patch(id, patch);
    await vi.waitFor(() => expect(headers).toHaveBeenCalled(), soon);
    page.becomes('frozen');
    give({});
    await tab.patch(id, { properties: { a: 2 } });
    await tab.sync();
    await device.clock.advance(300_000);
    expect(device.attempts).toEqual([]);
  });

  it('goes on when it is resumed', async () => {
    const { device, page, tab, edit } = await aSendingTab();
    page.becomes('frozen');
    const later = await tab.patch(leadId(1), patch);
    await device.clock.advance(120_000);
    expect(device.attempts).toHaveLength(1);
    page.becomes('resumed');
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(await later.settled).toMatchObject({ outcome: 'synced' });
    expect(device.attempts.map(({ text }) => text)).toEqual([
      JSON.stringify(patch),
      JSON.stringify(patch),
      JSON.stringify(patch),
    ]);
  });

  it('goes on when it is resumed at once, before it noticed', async () => {
    const { page, edit } = await aSendingTab();
    page.becomes('frozen');
    page.becomes('resumed');
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  });

  it('leaves the line for the lock, so that it keeps none when its turn comes', async () => {
    const { device, tab } = await aSendingTab();
    const page = aPage();
    const second = device.tab({ environment: { lifecycle: page.lifecycle } });
    await device.rest();
    page.becomes('frozen');
    await tab.close();
    await device.rest();
    expect(device.attempts).toHaveLength(1);
    page.becomes('resumed');
    await device.rest();
    expect(await second.status()).toMatchObject({ state: 'synced' });
  });

  it('can be closed', async () => {
    const { device, page, tab } = await aSendingTab();
    page.becomes('frozen');
    await tab.close();
    page.becomes('resumed');
    await device.clock.advance(60_000);
    expect(device.attempts).toHaveLength(1);
    expect(device.clock.pending).toBe(0);
  });

  describe('while a database opens, and whose timers run first when it goes on', () => {
    async function aTabFrozenEarly(device: Device, database: string) {
      const page = aPage();
      const { indexedDB, deliver } = aLateStorage(device.indexedDB, database);
      const { clock, thaw } = aStandingClock(device.clock);
      const tab = device.tab({ environment: { indexedDB, clock, lifecycle: page.lifecycle } });
      const edit = tab.patch(id, patch);
      await device.rest();
      page.becomes('frozen');
      await device.clock.advance(120_000);
      page.becomes('resumed');
      thaw();
      await device.rest();
      deliver();
      await device.rest();
      return edit;
    }

    it('keeps what was typed', async () => {
      const device = aDevice();
      await device.loadedTab();
      expect(await (await aTabFrozenEarly(device, 'leadbox')).settled).toMatchObject({ outcome: 'synced' });
    });

    it('sends nothing in a pause', async () => {
      const device = aDevice();
      const before = await device.loadedTab();
      await before.pause();
      await before.close();
      await aTabFrozenEarly(device, 'leadbox-replay:leadbox');
      await device.clock.advance(120_000);
      expect(device.attempts).toEqual([]);
    });
  });

  describe('begins no transaction, which would stay open and keep every other tab waiting', () => {
    /** In the middle of a request, and how many transactions it began. */
    async function aCountedTab(environment: Partial<Environment> = {}) {
      const device = aDevice({ leads: someLeads(2) });
      const page = aPage();
      let begun = 0;
      const indexedDB = aFailingStorage(device.indexedDB, () => void begun++);
      const tab = await device.loadedTab({
        concurrency: 2,
        environment: { ...environment, indexedDB, lifecycle: page.lifecycle },
      });
      device.api.next('hang');
      await tab.patch(id, patch);
      await device.rest();
      expect(device.attempts).toHaveLength(1);
      return { device, page, tab, begun: () => begun };
    }

    it('when another tab signs out', async () => {
      const { device, page, begun } = await aCountedTab();
      page.becomes('frozen');
      const before = begun();
      await device.tab().signOut({ pending: 'keep' });
      await device.rest();
      expect(begun()).toBe(before);
    });

    it('when it is hidden after that, to look for what the worker could send', async () => {
      const { device, page, begun } = await aCountedTab({ backgroundSync: { register: async () => {} } });
      await device.clock.advance(60_000); // it is sent again
      expect(await device.tab().status()).toMatchObject({ pending: 0 });
      await device.rest();
      page.becomes('frozen');
      const before = begun();
      page.becomes('hidden');
      await device.rest();
      expect(begun()).toBe(before);
    });

    it('to give its lease back', async () => {
      const { device, page, begun } = await aCountedTab({ locks: undefined });
      const before = begun();
      page.becomes('frozen');
      await device.rest();
      expect(begun()).toBe(before);
    });

    it('when it was closed at the same time, to write what others may know better', async () => {
      const { device, page, tab, begun } = await aCountedTab();
      device.intercept = () => new Response(null, { status: 429, headers: { 'Retry-After': '60' } });
      await tab.patch(leadId(1), patch);
      await device.rest();
      expect(device.attempts).toHaveLength(2);
      const before = begun();
      void tab.close();
      page.becomes('frozen');
      await device.rest();
      expect(begun()).toBe(before);
    });
  });

  it('takes in an answer that had arrived', async () => {
    const device = aDevice();
    const page = aPage();
    const tab = await device.loadedTab({ environment: { lifecycle: page.lifecycle } });
    const edit = await tab.patch(id, patch);
    await vi.waitFor(
      () => expect(device.api.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(1),
      soon,
    );
    page.becomes('frozen');
    await device.rest();
    page.becomes('resumed');
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 1 });
  });
});
