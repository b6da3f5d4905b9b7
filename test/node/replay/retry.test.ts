import { getEventListeners } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { aFailingStorage } from '../../builders/a-failing-storage.ts';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, type Device, soon } from '../../builders/a-leadbox.ts';

const id = leadId(0);

describe('R20 sends the same bytes again after', () => {
  it.each([401, 408, 425, 429, 500, 502, 503, 504, 'network-error', 'lost-answer'] as const)('%s', async (fault) => {
    const device = aDevice();
    device.api.next(fault);
    const leadbox = await device.loadedTab();
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    await vi.waitFor(async () => expect((await leadbox.status()).state).toBe('waiting'), soon);
    expect(await leadbox.status()).toMatchObject({
      ...{ pending: 1, parked: 0, waitingFor: reasonAfter(fault) },
      lastError: { name: 'LeadboxError', code: codeAfter(fault) },
    });
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ a: 1 });

    if (fault === 401) await leadbox.resume();
    while (device.attempts.length < 2) await device.clock.advance(1_000);
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.attempts.map(({ text }) => text)).toEqual(['{"properties":{"a":1}}', '{"properties":{"a":1}}']);
    await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ state: 'synced' }), soon);
    expect((await leadbox.status()).lastError).toBeUndefined();
  });
});

describe('R25 after failures in a row', () => {
  it('of 1,000, timers and listeners are as many as after the first, nothing is dropped, and one success drains all', async () => {
    const signals = new Set<AbortSignal>();
    class WatchedController extends AbortController {
      constructor() {
        super();
        signals.add(this.signal);
      }
    }
    vi.stubGlobal('AbortController', WatchedController);
    onTestFinished(() => void vi.unstubAllGlobals());
    // One that was aborted has done its work and goes with its request.
    const open = () => [...signals].filter(({ aborted }) => !aborted);
    const listeners = () => open().reduce((sum, signal) => sum + getEventListeners(signal, 'abort').length, 0);
    const device = aDevice({ leads: someLeads(3) });
    const leadbox = await device.loadedTab();
    device.api.next('network-error', 1_000);
    const edits = [];
    for (let n = 0; n < 9; n += 1) edits.push(await leadbox.patch(leadId(n % 3), { properties: { n } }));
    await untilAttempts(device, 10);
    const before = { timers: device.clock.pending, listeners: listeners() };
    while (device.attempts.length < 1_000) await leadbox.sync();
    expect({ timers: device.clock.pending, listeners: listeners() }).toEqual(before);
    expect(await leadbox.status()).toMatchObject({ pending: 9, parked: 0 });
    await leadbox.sync();
    for (const edit of edits) expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  }, 60_000);

  it.each([0, 0.5, 0.999_999])('waits longer each time, within the bounds, for a chance of %d', async (chance) => {
    const random = aChance(chance);
    const device = aDevice({ random });
    device.api.next(503, Number.POSITIVE_INFINITY);
    const leadbox = await device.loadedTab({ retry: { minDelay: 500, maxDelay: 20_000 } });
    await leadbox.patch(id, { properties: { a: 1 } });
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    random.isFixed = true;
    await untilAttempts(device, 10, 500);
    const delays = delaysOf(device).slice(1);
    delays.forEach((delay, index) => {
      const failures = index + 2;
      expect(delay).toBeGreaterThanOrEqual(500);
      expect(delay).toBeLessThanOrEqual(Math.min(20_000, 500 * 2 ** failures) + 1);
      expect(delay).toBeGreaterThanOrEqual(delays[index - 1] ?? 0);
    });
    expect(delays.at(-1)).toBeCloseTo(500 + chance * 19_500, -1);
  });

  it('is never later than announced', async () => {
    const device = aDevice();
    device.api.next('network-error', Number.POSITIVE_INFINITY);
    const leadbox = await device.loadedTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    for (let attempts = 2; attempts < 12; attempts += 1) {
      await device.untilNextAttempt(leadbox);
      await vi.waitFor(() => expect(device.attempts).toHaveLength(attempts), soon);
    }
  });

  it('drops nothing after 50 of them, and sends everything in order when the server is back', async () => {
    const device = aDevice();
    device.api.next(500, 50);
    const leadbox = await device.loadedTab({ coalesce: false });
    const edits = [];
    for (let n = 1; n <= 3; n += 1) edits.push(await leadbox.patch(id, { properties: { n } }));
    await untilAttempts(device, 50);
    expect(await leadbox.status()).toMatchObject({ pending: 3, parked: 0, state: 'waiting', waitingFor: 'retry' });
    expect(new Set(device.attempts.map(({ text }) => text)).size).toBe(1);

    await device.clock.advance(60_000);
    for (const edit of edits) expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.attempts.slice(50).map(({ body }) => body)).toEqual([
      { properties: { n: 1 } },
      { properties: { n: 2 } },
      { properties: { n: 3 } },
    ]);
  });

  it('begins anew after a success', async () => {
    const device = aDevice();
    device.api.next(500, 6);
    const leadbox = await device.loadedTab();
    const first = await leadbox.patch(id, { properties: { a: 1 } });
    await untilAttempts(device, 7);
    await first.settled;
    device.api.next(500, 2);
    await leadbox.patch(id, { properties: { a: 2 } });
    await untilAttempts(device, 9);
    expect(delaysOf(device)[5]).toBeGreaterThan(4_000);
    expect(delaysOf(device).at(-1)).toBeLessThanOrEqual(2_000);
  });

  it.each<[string, (device: Device) => void]>([
    [
      'the browser is online again',
      (device) => {
        device.onLine = false;
        device.onLine = true;
      },
    ],
    ['the page becomes visible', (device) => device.becomeVisible()],
  ])('tries at once and begins anew when %s', async (_, happens) => {
    const device = aDevice();
    device.api.next(500, 8);
    const leadbox = await device.loadedTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    await untilAttempts(device, 6);
    const before = device.clock.now();
    happens(device);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(7), soon);
    expect(device.attempts[6]?.at).toBe(before);
    await untilAttempts(device, 8);
    expect(delaysOf(device).at(-1)).toBeLessThanOrEqual(2_000);
    await untilAttempts(device, 9);
    await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ state: 'synced' }), soon);
  });

  it('waits on after a reload', async () => {
    const device = aDevice();
    device.api.next(500, 8);
    const before = await device.loadedTab();
    await before.patch(id, { properties: { a: 1 } });
    await untilAttempts(device, 8);
    const { nextAttemptAt = 0 } = await before.status();
    await device.rest();
    await before.close();
    const after = device.tab();
    await device.rest();
    expect(device.attempts).toHaveLength(8);
    await vi.waitFor(async () => expect(await after.status()).toMatchObject({ nextAttemptAt }), soon);
    await device.clock.advance(nextAttemptAt - device.clock.now());
    await vi.waitFor(async () => expect(await after.status()).toMatchObject({ state: 'synced' }), soon);
  });

  it.each([-400, -1, 400])('waits no longer because the clock was set by %i days meanwhile', async (days) => {
    const device = aDevice();
    device.api.next(500, 3);
    const leadbox = await device.loadedTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    await untilAttempts(device, 3);
    device.clock.set(device.clock.now() + days * 86_400_000);
    // The announced wait of at most 8 s, and at most one more of the longest there is.
    await device.clock.advance(8_000);
    await device.clock.advance(60_000);
    expect(await leadbox.status()).toMatchObject({ state: 'synced' });
  });

  it('waits no longer because the clock was set back in the middle of it', async () => {
    const device = aDevice();
    device.api.next(500, 3);
    const leadbox = await device.loadedTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    await untilAttempts(device, 3);
    const wait = ((await leadbox.status()).nextAttemptAt ?? 0) - device.clock.now();
    device.clock.set(device.clock.now() - 86_400_000);
    await device.clock.advance(wait);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(4), soon);
    await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ state: 'synced' }), soon);
    expect((await leadbox.status()).lastSyncedAt).toBeLessThanOrEqual(device.clock.now());
  });

  it('waits no longer because the clock was set back while the page was closed', async () => {
    const device = aDevice();
    device.api.next(500, 8);
    const before = await device.loadedTab();
    await before.patch(id, { properties: { a: 1 } });
    await untilAttempts(device, 8);
    await device.rest();
    await before.close();
    device.clock.set(Date.UTC(2001, 0, 1));
    const after = device.tab();
    await device.rest();
    await device.clock.advance(60_000);
    await vi.waitFor(async () => expect(await after.status()).toMatchObject({ state: 'synced' }), soon);
  });
});

describe('R25 while anything is pending', () => {
  it.each<[string, (device: Device) => void]>([
    ['the server fails', (device) => device.api.next(500, Number.POSITIVE_INFINITY)],
    ['the session is over', (device) => device.api.next(401, Number.POSITIVE_INFINITY)],
    ['there are too many requests', (device) => device.api.next(429, Number.POSITIVE_INFINITY)],
    ['a captive portal answers', (device) => device.api.next(new Response('<html>'), Number.POSITIVE_INFINITY)],
    [
      'there is no network',
      (device) => {
        device.api.offline = true;
      },
    ],
    [
      'the browser says so, too',
      (device) => {
        device.api.offline = true;
        device.onLine = false;
      },
    ],
    ['nobody answers', (device) => device.api.next('hang', Number.POSITIVE_INFINITY)],
  ])('there is always an attempt to come or a reason: %s', async (_, happens) => {
    const device = aDevice({ leads: someLeads(3) });
    happens(device);
    const leadbox = await device.loadedTab({ concurrency: 2 });
    for (let lead = 0; lead < 3; lead += 1) await leadbox.patch(leadId(lead), { properties: { a: 1 } });
    for (let minute = 0; minute < 6; minute += 1) {
      await device.clock.advance(61_000);
      const status = await leadbox.status();
      expect(status.pending).toBe(3);
      if (status.state === 'syncing') continue; // a request is under way, and it ends by its time-out
      expect(status).toMatchObject({ state: 'waiting', waitingFor: expect.any(String) });
      if (status.waitingFor === 'session') continue;
      expect(status.nextAttemptAt).toBeGreaterThan(device.clock.now());
      expect(status.nextAttemptAt).toBeLessThanOrEqual(device.clock.now() + 60_000);
    }
  });
});

describe('R29 the network', () => {
  it('is asked once a minute, no more and no less, while the browser says that there is none', async () => {
    const device = aDevice({ leads: someLeads(3) });
    device.onLine = false;
    device.api.offline = true;
    const leadbox = await device.loadedTab();
    for (let lead = 0; lead < 3; lead += 1) await leadbox.patch(leadId(lead), { properties: { a: 1 } });
    await device.clock.advance(600_000);
    expect(device.attempts.length).toBeGreaterThanOrEqual(9);
    for (const delay of delaysOf(device)) expect(delay).toBeGreaterThanOrEqual(60_000);
    expect(await leadbox.status()).toMatchObject({ state: 'waiting', waitingFor: 'network', pending: 3 });
  });

  it('is left alone at first while the browser says that there is none: what is typed meanwhile goes in one request', async () => {
    const device = aDevice();
    device.onLine = false;
    device.api.offline = true;
    const leadbox = await device.loadedTab();
    for (const text of ['a', 'ab', 'abc']) {
      await leadbox.patch(id, { properties: { text } });
      await device.clock.advance(1_000);
    }
    expect(device.attempts).toEqual([]);
    expect(await leadbox.status()).toMatchObject({ state: 'waiting', waitingFor: 'network', pending: 3 });
    device.api.offline = false;
    device.onLine = true;
    await device.clock.advance(0);
    await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ state: 'synced' }), soon);
    expect(device.api.requests.map(({ body }) => body)).toEqual([{ properties: { text: 'abc' } }]);
  });

  it('is used although the browser says that there is none, if it works', async () => {
    const device = aDevice();
    device.onLine = false;
    const leadbox = await device.loadedTab();
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    await device.clock.advance(60_000);
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  });

  it.each<[string, () => Promise<Response> | Response]>([
    ['an answer never comes, even if fetch ignores its signal', () => new Promise(() => {})],
    [
      'the body never ends',
      () => new Response(new ReadableStream({ start: (body) => body.enqueue(bytes('{"data"')) })),
    ],
  ])('has its time-out where %s', async (_, answer) => {
    const device = aDevice();
    device.intercept = answer;
    const leadbox = await device.loadedTab({ timeout: 5_000 });
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    await device.clock.advance(4_999);
    expect(await leadbox.status()).toMatchObject({ state: 'syncing' });
    await device.clock.advance(1);
    expect(await leadbox.status()).toMatchObject({
      state: 'waiting',
      waitingFor: 'network',
      lastError: { code: 'network' },
    });
    device.intercept = undefined;
    await device.clock.advance(2_000);
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.attempts.map(({ text }) => text)).toEqual(['{"properties":{"a":1}}', '{"properties":{"a":1}}']);
  });

  it('aborts a request that takes too long', async () => {
    const device = aDevice();
    let signal: AbortSignal | undefined;
    device.intercept = (_, given) => {
      signal = given;
      return new Promise(() => {});
    };
    const leadbox = await device.loadedTab({ timeout: 5_000 });
    await leadbox.patch(id, { properties: { a: 1 } });
    await device.clock.advance(5_000);
    expect(signal?.aborted).toBe(true);
  });

  it('has its time-out also where the headers never come', async () => {
    const device = aDevice();
    let asked = 0;
    const leadbox = await device.loadedTab({
      timeout: 5_000,
      headers: () => {
        asked += 1;
        return asked === 1 ? new Promise<HeadersInit>(() => {}) : { 'X-Try': String(asked) };
      },
    });
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    await device.clock.advance(5_000 + 2_000);
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.attempts.map(({ headers }) => headers.get('x-try'))).toEqual(['2']);
  });

  it('is tried again where the headers could not be had', async () => {
    const device = aDevice();
    let asked = 0;
    const leadbox = await device.loadedTab({
      headers: () => {
        asked += 1;
        if (asked === 1) throw new Error('no token yet');
        return { Authorization: `Bearer ${asked}` };
      },
    });
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    await device.clock.advance(5_000);
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.attempts[0]?.headers.get('authorization')).toBe('Bearer 2');
  });
});

it('R24 keeps an answer that could not be stored, and does not ask the server again', async () => {
  const device = aDevice();
  let broken = false;
  const indexedDB = aFailingStorage(device.indexedDB, () => (broken ? 'throws' : undefined));
  const leadbox = await device.loadedTab({ environment: { indexedDB } });
  device.intercept = () => {
    broken = true;
    return undefined;
  };
  const edit = await leadbox.patch(id, { properties: { a: 1 } });
  await vi.waitFor(() => expect(broken).toBe(true), soon);
  await device.rest();
  expect(device.attempts).toHaveLength(1);
  broken = false;
  await device.clock.advance(120_000);
  expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  expect(device.attempts).toHaveLength(1);
  expect(await leadbox.status()).toMatchObject({ state: 'synced' });
});

function reasonAfter(fault: number | string): unknown {
  if (fault === 401) return 'session';
  if (fault === 429) return 'rate-limit';
  return typeof fault === 'string' ? 'network' : 'retry';
}

function codeAfter(fault: number | string): string {
  if (fault === 401) return 'unauthorized';
  return typeof fault === 'string' ? 'network' : 'request-failed';
}

/** In steps of the shortest delay, so that no step holds two attempts. */
async function untilAttempts(device: Device, count: number, minDelay = 1_000): Promise<void> {
  while (device.attempts.length < count) await device.clock.advance(minDelay);
}

/** Milliseconds between one attempt and the next. */
function delaysOf(device: Device): number[] {
  return device.attempts.slice(1).map(({ at }, index) => at - (device.attempts[index]?.at ?? 0));
}

/** Different numbers first, as ids are made of them, and then always the same. */
function aChance(chance: number): (() => number) & { isFixed: boolean } {
  let calls = 0;
  const random = Object.assign(
    () => {
      calls += 1;
      return random.isFixed ? chance : (calls * 0.381_966) % 1;
    },
    { isFixed: false },
  );
  return random;
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
