import { describe, expect, it, vi } from 'vitest';
import type { Environment, Leadbox } from '../../../src/index.ts';
import { createLocalChannels } from '../../../src/testing.ts';
import { aFailingStorage, aStorageToFail } from '../../builders/a-failing-storage.ts';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, type Device, soon } from '../../builders/a-leadbox.ts';
import { unanswered } from '../../builders/a-tab.ts';

const id = leadId(0);

describe('R28 after a 401', () => {
  it('nothing is sent by any tab, edits are taken, and resume() goes on in order', async () => {
    const { device, session } = aDeviceWithSessions();
    const leadbox = await device.loadedTab();
    const other = device.tab({ autoSync: false });
    await other.sync();
    await leadbox.patch(id, { properties: { a: 1 } });
    await vi.waitFor(async () => expect((await leadbox.status()).waitingFor).toBe('session'), soon);
    expect(await leadbox.status()).toMatchObject({ state: 'waiting', lastError: { code: 'unauthorized' } });
    expect((await leadbox.status()).nextAttemptAt).toBeUndefined();

    await other.patch(leadId(1), { properties: { a: 2 } });
    await leadbox.patch(id, { properties: { a: 3 } });
    expect(await leadbox.sync()).toMatchObject({ waitingFor: 'session', pending: 3 });
    expect(await other.sync()).toMatchObject({ waitingFor: 'session', pending: 3 });
    device.becomeVisible();
    await device.clock.advance(3_600_000);
    expect(device.attempts).toHaveLength(1);

    session.isValid = true;
    await leadbox.resume();
    await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ state: 'synced', pending: 0 }), soon);
    const texts = device.attempts.filter(({ leadId: of }) => of === id).map(({ text }) => text);
    expect(texts).toEqual(['{"properties":{"a":1}}', '{"properties":{"a":1}}', '{"properties":{"a":3}}']);
  });

  it('a page that opens the name goes on', async () => {
    const { device, session } = aDeviceWithSessions();
    const leadbox = await device.loadedTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    await vi.waitFor(async () => expect((await leadbox.status()).waitingFor).toBe('session'), soon);
    await leadbox.close();
    session.isValid = true;
    const reloaded = device.tab();
    await vi.waitFor(async () => expect(await reloaded.status()).toMatchObject({ state: 'synced', pending: 0 }), soon);
  });
});

describe('R28 resume() stands for one attempt', () => {
  it('of whichever tab sends next: after a 401 that came since, no other tab tries', async () => {
    const { device } = aDeviceWithSessions();
    const leadbox = await device.loadedTab({ autoSync: false });
    const other = device.tab({ autoSync: false });
    await other.sync();
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    await leadbox.resume();
    await leadbox.sync();
    expect(device.attempts).toHaveLength(2);
    expect(await other.sync()).toMatchObject({ waitingFor: 'session' });
    expect(await leadbox.sync()).toMatchObject({ waitingFor: 'session' });
    expect(device.attempts).toHaveLength(2);
  });

  it('also of a tab that was not told, where the one that resumed ended before it could send', async () => {
    const { device, session } = aDeviceWithSessions();
    const leadbox = await device.loadedTab({ autoSync: false });
    const other = device.tab({ autoSync: false, environment: { channel: createLocalChannels() } });
    await other.sync();
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    session.isValid = true;
    await leadbox.resume();
    await leadbox.close();
    expect(await other.sync()).toMatchObject({ synced: 1, pending: 0 });
  });
});

describe('R28 a session that is back is not forgotten', () => {
  it.each(['a page that opens', 'onUnauthorized'])('where %s is frozen in its first request', async (how) => {
    const { device, session } = aDeviceWithSessions();
    let isHanging = true;
    const bringBack = () => {
      device.intercept = (_, signal) => (isHanging ? unanswered(signal) : undefined);
      session.isValid = true;
    };
    const listeners: ((to: 'frozen' | 'resumed') => void)[] = [];
    const lifecycle: Environment['lifecycle'] = {
      visible: () => true,
      subscribe(listener) {
        listeners.push(listener);
        return () => {};
      },
    };
    const isPage = how === 'a page that opens';
    const options = { environment: { lifecycle }, ...(!isPage && { onUnauthorized: bringBack }) };
    const first = await device.loadedTab(isPage ? {} : options);
    await first.patch(id, { properties: { a: 1 } });
    if (isPage) {
      await vi.waitFor(async () => expect((await first.status()).waitingFor).toBe('session'), soon);
      await first.close();
      bringBack();
    }
    const leadbox = isPage ? device.tab(options) : first;
    await vi.waitFor(() => expect(device.attempts).toHaveLength(2), soon);
    for (const listener of listeners) listener('frozen');
    await device.rest();
    isHanging = false;
    for (const listener of listeners) listener('resumed');
    await device.clock.advance(120_000);
    expect(await leadbox.status()).toMatchObject({ state: 'synced', pending: 0 });
  });

  it('where that cannot be stored', async () => {
    const { device, session } = aDeviceWithSessions();
    let isFull = false;
    const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) =>
      isFull && mode === 'readwrite' && tables.includes('memory') ? 'QuotaExceededError' : undefined,
    );
    const leadbox = await device.loadedTab({ autoSync: false, environment: { indexedDB } });
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.sync();
    isFull = true;
    session.isValid = true;
    await leadbox.resume();
    expect(await leadbox.sync()).toMatchObject({ synced: 1 });
    await leadbox.patch(id, { properties: { a: 2 } });
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
  });
});

describe('R28 onUnauthorized', () => {
  it('is called once for many requests that met a 401, which then go again with the same bytes', async () => {
    const { device, session } = aDeviceWithSessions();
    const onUnauthorized = vi.fn(async () => {
      session.isValid = true;
    });
    const leadbox = await device.loadedTab({ concurrency: 4, onUnauthorized });
    const edits = await Promise.all([0, 1, 2, 3].map((n) => leadbox.patch(leadId(n), { properties: { n } })));
    for (const edit of edits) expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(onUnauthorized).toHaveBeenCalledTimes(1);
    const bytes = new Map<string, Set<string>>();
    for (const { leadId: of, text } of device.attempts) bytes.set(of, (bytes.get(of) ?? new Set()).add(text));
    for (const texts of bytes.values()) expect(texts.size).toBe(1);
  });

  it('is called once; on another 401 nothing is sent until resume()', async () => {
    const { device, session } = aDeviceWithSessions();
    const onUnauthorized = vi.fn();
    const leadbox = await device.loadedTab({ onUnauthorized });
    await leadbox.patch(id, { properties: { a: 1 } });
    await vi.waitFor(() => expect(device.attempts).toHaveLength(2), soon);
    await device.clock.advance(3_600_000);
    await leadbox.sync();
    expect(onUnauthorized).toHaveBeenCalledTimes(1);
    expect(device.attempts).toHaveLength(2);
    expect(await leadbox.status()).toMatchObject({ waitingFor: 'session', pending: 1 });
    session.isValid = true;
    await leadbox.resume();
    await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ state: 'synced' }), soon);
  });

  it('is called again for the next session that expires', async () => {
    const { device, session } = aDeviceWithSessions();
    const onUnauthorized = vi.fn(async () => {
      session.isValid = true;
    });
    const leadbox = await device.loadedTab({ onUnauthorized });
    for (let expired = 1; expired <= 3; expired += 1) {
      session.isValid = false;
      const edit = await leadbox.patch(id, { properties: { expired } });
      expect(await edit.settled).toMatchObject({ outcome: 'synced' });
      expect(onUnauthorized).toHaveBeenCalledTimes(expired);
    }
  });

  it.each<[string, () => Promise<void>]>([
    ['rejects', () => Promise.reject(new Error('The user closed the dialog.'))],
    [
      'throws',
      () => {
        throw new Error('No dialog here.');
      },
    ],
    ['never ends', () => new Promise(() => {})],
  ])('that %s: edits are taken, the status tells, resume() goes on', async (_, onUnauthorized) => {
    const { device, session } = aDeviceWithSessions();
    const leadbox = await device.loadedTab({ onUnauthorized });
    await leadbox.patch(id, { properties: { a: 1 } });
    await vi.waitFor(async () => expect((await leadbox.status()).waitingFor).toBe('session'), soon);
    await leadbox.patch(id, { properties: { b: 1 } });
    session.isValid = true;
    await leadbox.resume();
    await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ state: 'synced', pending: 0 }), soon);
  });

  it('that never ends holds up no close() and no other tab’s edits', async () => {
    const { device, session } = aDeviceWithSessions();
    const leadbox = await device.loadedTab({ onUnauthorized: () => new Promise(() => {}) });
    await leadbox.patch(id, { properties: { a: 1 } });
    await vi.waitFor(async () => expect((await leadbox.status()).waitingFor).toBe('session'), soon);
    session.isValid = true;
    const other = device.tab();
    await vi.waitFor(async () => expect(await other.status()).toMatchObject({ state: 'synced' }), soon);
    await leadbox.close();
  });

  it('is not called where the leadbox is closed while another request of the drain is still open', async () => {
    const { leadbox, onUnauthorized } = await aTabInADrainThatMetA401();
    await leadbox.close();
    expect(onUnauthorized).not.toHaveBeenCalled();
  });

  it('is not called where resume() comes while another request of the drain is still open', async () => {
    const { leadbox, session, answer, onUnauthorized } = await aTabInADrainThatMetA401();
    session.isValid = true;
    await leadbox.resume();
    answer();
    await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ state: 'synced', pending: 0 }), soon);
    expect(onUnauthorized).not.toHaveBeenCalled();
  });

  /** Met a 401 in a drain that could not store an answer. */
  async function aTabThatCouldNotAsk() {
    const { device, session } = aDeviceWithSessions();
    const { indexedDB, fail, isToFail } = aStorageToFail(device.indexedDB, 'throws');
    session.isValid = true;
    const onUnauthorized = vi.fn(async () => {
      session.isValid = true;
    });
    const leadbox = await device.loadedTab({
      concurrency: 2,
      autoSync: false,
      onUnauthorized,
      environment: { indexedDB },
    });
    for (const n of [0, 1]) await leadbox.patch(leadId(n), { properties: { a: 1 } });
    device.intercept = async ({ leadId: of }) => {
      if (of === leadId(0)) return undefined;
      // Its answer comes while that of the other one cannot be stored.
      fail();
      await vi.waitFor(() => expect(isToFail()).toBe(false), soon);
      session.isValid = false;
      device.intercept = undefined;
      return new Response('{}', { status: 401 });
    };
    await leadbox.sync();
    expect(onUnauthorized).not.toHaveBeenCalled();
    return { leadbox, onUnauthorized };
  }

  it('is called, if later, where storage failed in the drain that met the 401', async () => {
    const { leadbox, onUnauthorized } = await aTabThatCouldNotAsk();
    await leadbox.sync();
    expect(onUnauthorized).toHaveBeenCalledTimes(1);
    expect(await leadbox.sync()).toMatchObject({ pending: 0 });
  });

  it('is not called in a pause that came before it could be', async () => {
    const { leadbox, onUnauthorized } = await aTabThatCouldNotAsk();
    await leadbox.pause();
    await leadbox.sync();
    expect(onUnauthorized).not.toHaveBeenCalled();
  });

  it('is not called again where the server fails between two 401s', async () => {
    const { device, session } = aDeviceWithSessions();
    const refuse = device.intercept;
    const onUnauthorized = vi.fn(() => {
      device.intercept = () => new Response('', { status: 503 });
    });
    const leadbox = await device.loadedTab({ onUnauthorized });
    await leadbox.patch(id, { properties: { a: 1 } });
    await vi.waitFor(() => expect(device.attempts).toHaveLength(2), soon);
    device.intercept = refuse;
    await device.clock.advance(120_000);
    expect(onUnauthorized).toHaveBeenCalledTimes(1);
    expect(await leadbox.status()).toMatchObject({ waitingFor: 'session', pending: 1 });
    session.isValid = true;
    await leadbox.resume();
    await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ state: 'synced' }), soon);
  });

  it('is waited for by sync(), also without autoSync', async () => {
    const { device, session } = aDeviceWithSessions();
    const onUnauthorized = async () => {
      session.isValid = true;
    };
    const leadbox = await device.loadedTab({ autoSync: false, onUnauthorized });
    await leadbox.patch(id, { properties: { a: 1 } });
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
  });
});

/** One of two requests met a 401; the other one is answered once `answer` is called. */
async function aTabInADrainThatMetA401() {
  const { device, session } = aDeviceWithSessions();
  const refuse = device.intercept;
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  device.intercept = async (attempt, signal) => {
    if (attempt.leadId === leadId(0)) return refuse?.(attempt, signal);
    await Promise.race([held, unanswered(signal)]);
    return refuse?.(attempt, signal);
  };
  const onUnauthorized = vi.fn(() => new Promise<void>(() => {}));
  const leadbox = await device.loadedTab({ concurrency: 2, onUnauthorized });
  await Promise.all([0, 1].map((n) => leadbox.patch(leadId(n), { properties: { n } })));
  await vi.waitFor(async () => {
    expect(device.attempts).toHaveLength(2);
    expect((await leadbox.status()).lastError).toMatchObject({ code: 'unauthorized' });
  }, soon);
  return { device, session, answer, leadbox, onUnauthorized };
}

/** A server that answers 401 while the session is not valid. */
function aDeviceWithSessions(): { device: Device; session: { isValid: boolean } } {
  const device = aDevice({ leads: someLeads(4) });
  const session = { isValid: false };
  device.intercept = () => (session.isValid ? undefined : new Response('{"error":"unauthorized"}', { status: 401 }));
  return { device, session };
}

describe('R28 onUnauthorized that itself calls sync()', () => {
  it.each([true, false])('goes on once it is through, with autoSync %s', async (autoSync) => {
    const { device, session } = aDeviceWithSessions();
    const told: unknown[] = [];
    const leadbox: Leadbox = await device.loadedTab({
      autoSync,
      async onUnauthorized() {
        session.isValid = true;
        told.push((await leadbox.sync()).waitingFor);
      },
    });
    await leadbox.patch(id, { properties: { a: 1 } });
    void leadbox.sync();
    await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ state: 'synced', pending: 0 }), soon);
    expect(told).toEqual(['session']);
    expect(device.attempts).toHaveLength(2);
  });
});
