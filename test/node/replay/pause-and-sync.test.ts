import { describe, expect, it, vi } from 'vitest';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, soon } from '../../builders/a-leadbox.ts';

const id = leadId(0);
const patch = { properties: { a: 1 } };

describe('pause()', () => {
  it('stops sending, while edits are still taken', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    await leadbox.pause();
    const edit = await leadbox.patch(id, patch);
    await device.clock.advance(3_600_000);
    expect(device.attempts).toEqual([]);
    expect(await leadbox.status()).toMatchObject({ state: 'paused', waitingFor: 'paused', pending: 1 });
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ a: 1 });
    await leadbox.resume();
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ state: 'synced' }), soon);
  });

  it('R62 is not overridden by sync(), which says so', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    await leadbox.pause();
    await leadbox.patch(id, patch);
    expect(await leadbox.sync()).toEqual({ synced: 0, parked: 0, pending: 1, waitingFor: 'paused' });
    expect(device.attempts).toEqual([]);
  });

  it.each<[string, (device: ReturnType<typeof aDevice>) => void]>([
    [
      'the network comes back',
      (device) => {
        device.onLine = true;
      },
    ],
    ['the page becomes visible', (device) => device.becomeVisible()],
  ])('is not overridden when %s', async (_, happens) => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    await leadbox.pause();
    await leadbox.patch(id, patch);
    happens(device);
    await device.clock.advance(120_000);
    expect(device.attempts).toEqual([]);
  });

  it('lets requests under way finish, and sends no other', async () => {
    const device = aDevice({ leads: someLeads(3) });
    device.api.latency = 500;
    const leadbox = await device.loadedTab();
    const edits = [];
    for (let lead = 0; lead < 3; lead += 1) edits.push(await leadbox.patch(leadId(lead), patch));
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    await leadbox.pause();
    await device.clock.advance(5_000);
    expect(await edits[0]?.settled).toMatchObject({ outcome: 'synced' });
    expect(device.attempts).toHaveLength(1);
    expect(await leadbox.status()).toMatchObject({ state: 'paused', pending: 2 });
    await leadbox.resume();
    await device.clock.advance(5_000);
    expect(await leadbox.status()).toMatchObject({ state: 'synced' });
  });

  it('holds after a reload, until resume()', async () => {
    const device = aDevice();
    const before = await device.loadedTab();
    await before.pause();
    await before.patch(id, patch);
    await before.close();
    const after = device.tab();
    await device.clock.advance(120_000);
    expect(await after.status()).toMatchObject({ state: 'paused', pending: 1 });
    expect(device.attempts).toEqual([]);
    await after.resume();
    await vi.waitFor(async () => expect(await after.status()).toMatchObject({ state: 'synced' }), soon);
  });

  it.each([true, false])('holds in every tab, with a channel between them: %s', async (hasChannel) => {
    const device = aDevice();
    const options = hasChannel ? {} : { environment: { channel: undefined } };
    const first = await device.loadedTab(options);
    const second = device.tab(options);
    await device.rest();
    await first.pause();
    await second.patch(id, patch);
    await device.clock.advance(120_000);
    expect(device.attempts).toEqual([]);
    expect(await second.status()).toMatchObject({ state: 'paused', pending: 1 });
    await second.resume();
    await vi.waitFor(async () => expect(await second.status()).toMatchObject({ state: 'synced' }), soon);
    if (hasChannel) expect(await first.status()).toMatchObject({ state: 'synced' });
  });

  it('can be called twice, and so can resume()', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    await Promise.all([leadbox.pause(), leadbox.pause()]);
    expect(await leadbox.status()).toMatchObject({ state: 'paused' });
    await Promise.all([leadbox.resume(), leadbox.resume()]);
    expect(await leadbox.status()).toMatchObject({ state: 'synced' });
  });
});

describe('autoSync: false', () => {
  it('sends nothing until sync(), whatever happens', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ autoSync: false });
    await leadbox.patch(id, patch);
    device.onLine = false;
    device.onLine = true;
    device.becomeVisible();
    await device.clock.advance(3_600_000);
    expect(device.attempts).toEqual([]);
    expect(await leadbox.status()).toMatchObject({ state: 'waiting', waitingFor: 'sync-call', pending: 1 });
    expect(await leadbox.sync()).toEqual({ synced: 1, parked: 0, pending: 0 });
  });

  it('sends nothing by itself after a failure either', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ autoSync: false });
    await leadbox.patch(id, patch);
    device.api.next(500);
    expect(await leadbox.sync()).toMatchObject({ synced: 0, pending: 1, waitingFor: 'sync-call' });
    await device.clock.advance(3_600_000);
    expect(device.attempts).toHaveLength(1);
    expect(await leadbox.sync()).toMatchObject({ synced: 1 });
  });
});

describe('sync()', () => {
  it('has nothing to do where nothing is pending', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    expect(await leadbox.sync()).toEqual({ synced: 0, parked: 0, pending: 0 });
    expect(device.api.requests).toEqual([]);
  });

  it('counts what this call sent, what is parked in all and what is still pending', async () => {
    const device = aDevice({ leads: someLeads(4) });
    const leadbox = await device.loadedTab({ autoSync: false });
    await leadbox.patch(leadId(0), patch);
    device.api.next(422);
    await leadbox.sync();
    for (let lead = 0; lead < 4; lead += 1) await leadbox.patch(leadId(lead), patch);
    await leadbox.patch(leadId(1), { properties: { b: 1 } });
    device.intercept = ({ leadId: to }) => {
      if (to === leadId(2)) return new Response('', { status: 422 });
      return to === leadId(3) ? new Response('', { status: 500 }) : undefined;
    };
    expect(await leadbox.sync()).toMatchObject({ synced: 3, parked: 2, pending: 1, waitingFor: expect.any(String) });
  });

  it('sends an edit that was called for just before and is not stored yet', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ autoSync: false });
    const edit = leadbox.patch(id, patch);
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
    expect(await (await edit).settled).toMatchObject({ outcome: 'synced' });
  });

  it('overrides backoff', async () => {
    const device = aDevice();
    device.api.next(500, 6);
    const leadbox = await device.loadedTab();
    await leadbox.patch(id, patch);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    await device.rest();
    const at = device.clock.now();
    for (let attempts = 2; attempts <= 6; attempts += 1) {
      expect(await leadbox.sync()).toMatchObject({ synced: 0, pending: 1 });
      expect(device.attempts).toHaveLength(attempts);
    }
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
    expect(device.attempts.every((attempt) => attempt.at === at)).toBe(true);
  });

  it('resolves when there is no network, and says so', async () => {
    const device = aDevice();
    device.onLine = false;
    device.api.offline = true;
    const leadbox = await device.loadedTab();
    await leadbox.patch(id, patch);
    expect(await leadbox.sync()).toMatchObject({ synced: 0, pending: 1, waitingFor: 'network' });
  });

  it('resolves after its requests timed out', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ autoSync: false, timeout: 5_000 });
    await leadbox.patch(id, patch);
    device.api.next('hang');
    const done = leadbox.sync();
    await device.clock.advance(5_000);
    expect(await done).toMatchObject({ synced: 0, pending: 1 });
  });

  it('may be called many times at once: every edit is sent once', async () => {
    const device = aDevice({ leads: someLeads(3) });
    const leadbox = await device.loadedTab({ autoSync: false });
    for (let lead = 0; lead < 3; lead += 1) await leadbox.patch(leadId(lead), patch);
    const results = await Promise.all(Array.from({ length: 5 }, () => leadbox.sync()));
    expect(results.every(({ pending }) => pending === 0)).toBe(true);
    expect(device.attempts).toHaveLength(3);
  });

  it('sends each edit at most once while edits come in without end', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ autoSync: false });
    let made = 0;
    device.intercept = () => {
      made += 1;
      if (made < 10) void leadbox.patch(id, { properties: { n: made } });
      return undefined;
    };
    await leadbox.patch(id, patch);
    await leadbox.sync();
    await leadbox.sync();
    expect(await leadbox.status()).toMatchObject({ state: 'synced' });
    expect(new Set(device.attempts.map(({ text }) => text)).size).toBe(device.attempts.length);
  });
});
