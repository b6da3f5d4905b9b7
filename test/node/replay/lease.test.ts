import { describe, expect, it, vi } from 'vitest';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, soon } from '../../builders/a-leadbox.ts';
import { aKillableTab, aPage } from '../../builders/a-tab.ts';

const id = leadId(0);
const patch = { properties: { a: 1 } };
const other = { properties: { b: 2 } };
const insecure = { locks: undefined };
const alone = { locks: undefined, channel: undefined };

describe('R39 without Web Locks', () => {
  it.each([
    ['with messages', insecure],
    ['without messages', alone],
  ])('one tab sends at a time, %s, and every edit is sent', async (_, environment) => {
    const device = aDevice({ leads: someLeads(4) });
    device.api.latency = 700;
    const tabs = [await device.loadedTab({ environment }), device.tab({ environment }), device.tab({ environment })];
    const edits = [];
    for (const tab of tabs) {
      for (let lead = 0; lead < 4; lead += 1) {
        edits.push(await tab.patch(leadId(lead), { properties: { n: edits.length } }));
      }
    }
    await device.clock.advance(120_000);
    for (const edit of edits) expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.mostOpen).toEqual({ all: 1, ofOneLead: 1 });
    for (const tab of tabs) expect(await tab.status()).toMatchObject({ state: 'synced' });
  });

  it.each([
    ['with messages', insecure],
    ['without messages', alone],
  ])('another tab goes on after the one that sent was killed, not before its request is over, %s', async (_, env) => {
    const device = aDevice();
    const killable = aKillableTab(device);
    const first = await device.loadedTab({ environment: { ...env, ...killable.environment } });
    device.api.next('hang');
    await first.patch(id, patch);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    killable.kill();
    const second = device.tab({ environment: env });
    const edit = await second.patch(id, other);
    await device.clock.advance(34_000);
    expect(device.attempts).toHaveLength(1);
    await device.clock.advance(2_000);
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.attempts.map(({ body }) => body)).toEqual([patch, patch, other]);
  });

  it('another tab goes on as soon as the one that sent has nothing more to send', async () => {
    const device = aDevice();
    device.api.latency = 500;
    const first = await device.loadedTab({ environment: alone });
    await first.patch(id, patch);
    await device.clock.advance(1_000);
    expect(await first.status()).toMatchObject({ state: 'synced' });
    const second = device.tab({ environment: alone });
    const edit = await second.patch(id, other);
    await device.clock.advance(500);
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  });

  it('another tab goes on at once when the one that sends is closed', async () => {
    const device = aDevice();
    const first = await device.loadedTab({ environment: insecure });
    device.api.next('hang');
    await first.patch(id, patch);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    await first.close();
    const second = device.tab({ environment: insecure });
    await device.rest();
    expect(await second.status()).toMatchObject({ state: 'synced' });
  });

  it('another tab goes on when the one that sends is frozen, as soon as its lease ends', async () => {
    const device = aDevice();
    const page = aPage();
    const first = await device.loadedTab({ environment: { ...insecure, lifecycle: page.lifecycle } });
    device.api.next('hang');
    await first.patch(id, patch);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    page.becomes('frozen');
    await device.rest();
    const second = device.tab({ environment: insecure });
    await device.clock.advance(36_000);
    expect(await second.status()).toMatchObject({ state: 'synced' });
    expect(device.attempts.map(({ text }) => text)).toEqual([JSON.stringify(patch), JSON.stringify(patch)]);
  });

  it('a clock that is set back by a day makes the waiting no longer than a request can take', async () => {
    const device = aDevice();
    const killable = aKillableTab(device);
    const first = await device.loadedTab({ environment: { ...alone, ...killable.environment } });
    device.api.next('hang');
    await first.patch(id, patch);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    killable.kill();
    device.clock.set(device.clock.now() - 86_400_000);
    const second = device.tab({ environment: alone });
    await device.rest();
    expect(device.attempts).toHaveLength(1);
    await device.clock.advance(36_000);
    expect(await second.status()).toMatchObject({ state: 'synced' });
  });
});
