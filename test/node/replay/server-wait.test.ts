import { describe, expect, it, vi } from 'vitest';
import type { Environment, LeadboxEvent } from '../../../src/index.ts';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, soon } from '../../builders/a-leadbox.ts';
import { deadChannel } from '../../builders/a-tab.ts';

const id = leadId(0);

describe('R26 after Retry-After', () => {
  it.each([429, 503])(
    'of a %i nothing is sent before, in no tab, after a reload or by sync(), and then all',
    async (status) => {
      const device = aDevice({ leads: someLeads(3) });
      device.api.next(tooMany(120, status));
      const leadbox = await device.loadedTab({ concurrency: 2 });
      const other = device.tab();
      const edits = [await leadbox.patch(id, { properties: { a: 1 } })];
      await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
      await device.rest();
      expect(await leadbox.status()).toMatchObject({ state: 'waiting', waitingFor: 'rate-limit' });

      edits.push(await other.patch(leadId(1), { properties: { a: 2 } }));
      await leadbox.sync();
      expect(await other.sync()).toMatchObject({ synced: 0, waitingFor: 'rate-limit' });
      device.becomeVisible();
      await leadbox.close();
      const reloaded = device.tab();
      edits.push(await reloaded.patch(leadId(2), { properties: { a: 3 } }));
      await device.clock.advance(119_999);
      expect(device.attempts).toHaveLength(1);

      // As much again at most, but never more than the longest backoff.
      await device.clock.advance(60_001);
      for (const edit of edits.slice(1)) expect(await edit.settled).toMatchObject({ outcome: 'synced' });
      expect(await reloaded.status()).toMatchObject({ state: 'synced', pending: 0 });
    },
  );

  it.each(['the tab that met it', 'another tab'])(
    'a clock set back twice, before and after, makes the wait no shorter for %s',
    async (which) => {
      const device = aDevice({ leads: someLeads(2) });
      const leadbox = await device.loadedTab();
      const other = device.tab({ environment: { channel: deadChannel } });
      const setBack = () => device.clock.set(device.clock.now() - 3_600_000);
      await device.rest();
      setBack();
      device.becomeVisible();
      await device.rest();
      device.api.next(tooMany(120, 429));
      await leadbox.patch(id, { properties: { a: 1 } });
      await device.rest();
      setBack();
      const later = which === 'another tab' ? other : leadbox;
      await later.patch(leadId(1), { properties: { a: 1 } });
      await device.clock.advance(119_000);
      expect(device.attempts).toHaveLength(1);
      await device.clock.advance(121_000);
      expect(device.attempts).toHaveLength(3);
    },
  );

  it('a clock set back makes the wait no longer than it was', async () => {
    const device = aDevice();
    device.api.next(tooMany(60, 429));
    const leadbox = await device.loadedTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    await vi.waitFor(async () => expect((await leadbox.status()).waitingFor).toBe('rate-limit'), soon);
    device.clock.set(device.clock.now() - 30 * 86_400_000);
    await leadbox.close();
    const reloaded = device.tab();
    await device.clock.advance(120_000);
    expect(await reloaded.status()).toMatchObject({ state: 'synced' });
  });

  it('a wait that is over does not come back when the clock is set back', async () => {
    const device = aDevice();
    device.api.next(tooMany(60, 429));
    const leadbox = await device.loadedTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    await vi.waitFor(async () => expect((await leadbox.status()).waitingFor).toBe('rate-limit'), soon);
    await device.clock.advance(120_000);
    expect(await leadbox.status()).toMatchObject({ state: 'synced' });
    device.clock.set(device.clock.now() - 600_000);
    await leadbox.patch(id, { properties: { a: 2 } });
    await device.rest();
    expect(await leadbox.status()).toMatchObject({ state: 'synced' });
  });

  it('those who were told the same come back at moments of their own', async () => {
    const moments: number[] = [];
    for (const chance of [0, 0.25, 0.5, 0.75]) {
      const device = aDevice({ random: () => chance });
      device.api.next(tooMany(60, 429));
      const leadbox = await device.loadedTab();
      await leadbox.patch(id, { properties: { a: 1 } });
      await device.rest();
      const { nextAttemptAt = 0 } = await leadbox.status();
      moments.push(nextAttemptAt - device.clock.now());
    }
    expect(moments).toEqual([60_000, 75_000, 90_000, 105_000]);
  });

  it('refresh() and pull() are not held', async () => {
    const device = aDevice();
    device.api.next(tooMany(60, 429));
    const leadbox = await device.loadedTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    await device.rest();
    expect(await leadbox.refresh(id)).toMatchObject({ pending: 1 });
    expect(await leadbox.pull()).toMatchObject({ loaded: 1 });
  });
});

it('R27 a Retry-After that is over leaves the word to the rate limit', async () => {
  const device = aDevice();
  const limit = { 'X-RateLimit-Limit': '9', 'X-RateLimit-Remaining': '0' };
  const reset = `${device.clock.now() / 1_000 + 30}`;
  const headers = { 'Retry-After': '0', ...limit, 'X-RateLimit-Reset': reset };
  device.intercept = () => new Response('{}', { status: 429, headers });
  const leadbox = await device.loadedTab();
  await leadbox.patch(id, { properties: { a: 1 } });
  await device.clock.advance(29_900);
  expect(device.attempts).toHaveLength(1);
  await device.clock.advance(4_000);
  expect(device.attempts).toHaveLength(2);
});

it.each([
  { 'Retry-After': '0' },
  { 'X-RateLimit-Limit': '9', 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': '30' },
])('R27 a 429 with a wait that is over (%o) is met with the backoff', async (headers) => {
  const device = aDevice();
  device.intercept = () => new Response('{}', { status: 429, headers });
  const leadbox = await device.loadedTab();
  await leadbox.patch(id, { properties: { a: 1 } });
  await device.clock.advance(60_000);
  expect(device.attempts.length).toBeGreaterThan(1);
  expect(device.attempts.length).toBeLessThan(30);
});

it('R65 a 429 without a readable wait is a warning, once, and the backoff goes on', async () => {
  const events: LeadboxEvent[] = [];
  const device = aDevice();
  device.intercept = () => new Response('{}', { status: 429 });
  const leadbox = await device.loadedTab({ onEvent: (event) => events.push(event) });
  await leadbox.patch(id, { properties: { a: 1 } });
  await device.clock.advance(20_000);
  expect(device.attempts.length).toBeGreaterThan(2);
  expect(events.filter(({ type }) => type === 'warning')).toEqual([
    { type: 'warning', code: 'rate-limit-headers-hidden', message: expect.stringContaining('CORS') },
  ]);
});

describe('R27 against a server that allows 100 requests a minute', () => {
  it('500 edits of 50 leads take the 50 requests that folding allows, and no 429', async () => {
    const { device, leadbox, drained, refusals } = await aLimitedDevice(50);
    for (let n = 0; n < 500; n += 1) void leadbox.patch(leadId(n % 50), { properties: { [`field${n % 7}`]: n } });
    await drained();
    expect(device.attempts).toHaveLength(50);
    expect(refusals()).toBe(0);
  }, 60_000);

  it('1,000 edits of 1,000 leads take at most 1.1 times what limit and reserve impose, and at most one 429', async () => {
    const { device, leadbox, drained, refusals } = await aLimitedDevice(1_000);
    for (let n = 0; n < 1_000; n += 1) void leadbox.patch(leadId(n), { properties: { n } });
    const took = await drained();
    expect(device.attempts.length).toBeLessThanOrEqual(1_001);
    expect(refusals()).toBeLessThanOrEqual(1);
    // 95 a minute: ten full minutes pass before the last 50.
    expect(took / (10 * 60_000)).toBeLessThanOrEqual(1.1);
  }, 120_000);
});

async function aLimitedDevice(count: number) {
  const device = aDevice({ leads: someLeads(count), rateLimit: { limit: 100, windowSeconds: 60 } });
  let refused = 0;
  const fetch: Environment['fetch'] = async (url, init) => {
    const response = await (device.environment.fetch ?? expect.fail())(url, init);
    if (response.status === 429) refused++;
    return response;
  };
  const leadbox = await device.loadedTab({ autoSync: true, environment: { fetch } });
  await leadbox.pause();
  return {
    device,
    leadbox,
    /** How many requests the limit let through no more. */
    refusals: () => refused,
    async drained() {
      await leadbox.status();
      await leadbox.outbox.pending();
      const began = device.clock.now();
      await leadbox.resume();
      for (let turn = 0; turn < 2_000; turn += 1) {
        await device.clock.advance(1_000);
        if (!(await leadbox.status()).pending) break;
      }
      expect(await leadbox.status()).toMatchObject({ state: 'synced', pending: 0 });
      return device.clock.now() - began;
    },
  };
}

function tooMany(seconds: number, status: number): Response {
  return new Response(JSON.stringify({ error: 'rate_limit_exceeded', message: 'Slowly.', retry_after: seconds }), {
    status,
    headers: { 'Retry-After': `${seconds}` },
  });
}
