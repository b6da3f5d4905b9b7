import { describe, expect, it, vi } from 'vitest';
import type { Environment } from '../../../src/index.ts';
import { aFailingStorage, aStorageToFail } from '../../builders/a-failing-storage.ts';
import { aLead, leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, type Device, soon } from '../../builders/a-leadbox.ts';
import { aPage, unanswered } from '../../builders/a-tab.ts';

const id = leadId(0);

/** Its connection is lost with the next transaction that writes edits once `lose` was called, and opens at `reopen`. */
function aStorageToReopen({ indexedDB }: Device): { readonly indexedDB: IDBFactory; lose(): void; reopen(): void } {
  let isArmed = false;
  let reopen = () => {};
  const failing = aFailingStorage(indexedDB, (tables, mode) =>
    isArmed && mode === 'readwrite' && tables.includes('outbox') ? 'lost' : undefined,
  );
  return {
    indexedDB: new Proxy(failing, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (name !== 'open' || !isArmed) return member;
        isArmed = false;
        return (...given: Parameters<IDBFactory['open']>) => {
          let opened: IDBOpenDBRequest | undefined;
          const request = {
            get result() {
              return opened?.result;
            },
          } as IDBOpenDBRequest; // what its opener looks at when it succeeds
          reopen = () => {
            opened = target.open(...given);
            opened.onsuccess = (event) => request.onsuccess?.(event);
          };
          return request;
        };
      },
    }),
    lose() {
      isArmed = true;
    },
    reopen: () => reopen(),
  };
}

function sentTo(device: Device, lead: string): number {
  return device.attempts.filter(({ leadId: to }) => to === lead).length;
}

describe('replay', () => {
  it('R24 does not hang, with its lock held, where an answer comes while a turn fails', async () => {
    const device = aDevice({ leads: someLeads(2) });
    let release = () => {};
    // The other answer arrives while this turn is being stored.
    const { indexedDB, fail } = aStorageToFail(device.indexedDB, 'NotReadableError', { onFailing: () => release() });
    const leadbox = await device.loadedTab({ concurrency: 2, autoSync: false, environment: { indexedDB } });
    await leadbox.patch(leadId(0), { properties: { x: 1 } });
    await leadbox.patch(leadId(1), { properties: { x: 1 } });
    device.intercept = async ({ leadId: lead }) => {
      if (lead === leadId(0)) fail();
      else {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      return undefined;
    };
    await leadbox.sync();
    device.intercept = undefined;
    expect(await leadbox.sync()).toMatchObject({ pending: 0 });
    expect([sentTo(device, leadId(0)), sentTo(device, leadId(1))]).toEqual([1, 1]);
  });

  it('R17 fences an attempt that timed out although an earlier one of its batch is known to be over', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    let late: RequestInit = {};
    device.intercept = (attempt, signal) => {
      if (device.attempts.length === 1) throw new TypeError('Failed to fetch');
      if (device.attempts.length > 2) return undefined;
      late = { method: 'PATCH', body: attempt.text };
      return unanswered(signal);
    };
    await leadbox.patch(id, { properties: { x: 'old' } });
    await device.rest();
    await device.untilNextAttempt(leadbox);
    await device.rest();
    const second = device.attempts[1]?.at ?? 0;
    await device.clock.advance(30_000);
    await device.untilNextAttempt(leadbox);
    await device.rest();
    const edit = await leadbox.patch(id, { properties: { x: 'new' } });
    await device.rest();
    expect(device.attempts).toHaveLength(3);
    await device.clock.advance(second + 34_999 - device.clock.now());
    await device.api.fetch(`/leads/${id}`, late); // the last moment at which it may arrive
    await device.clock.advance(60_000);
    await edit.settled;
    expect(device.api.lead(id)?.properties).toMatchObject({ x: 'new' });
  });

  it('R25 makes no requests without delay after the clock was set back during an outage', async () => {
    const device = aDevice({ leads: someLeads(2) });
    const first = await device.loadedTab();
    device.api.offline = true;
    await first.patch(leadId(0), { properties: { x: 1 } });
    await first.patch(leadId(1), { properties: { x: 1 } });
    await device.rest();
    await first.close();
    device.clock.set(device.clock.now() - 86_400_000);
    device.tab();
    await device.rest();
    const before = device.attempts.length;
    await device.clock.advance(61_000);
    expect(device.attempts.length - before).toBeLessThan(10);
  });

  it.each([0, 10_000])(
    'R25 takes no answer to an earlier request for the end of a wait, also not with a clock set back by %i ms',
    async (back) => {
      const device = aDevice({ leads: someLeads(2) });
      const leadbox = await device.loadedTab({ concurrency: 2, autoSync: false });
      await leadbox.patch(leadId(0), { properties: { x: 1 } });
      await leadbox.patch(leadId(1), { properties: { x: 1 } });
      let release = () => {};
      device.intercept = async ({ leadId: lead }) => {
        if (lead === leadId(0)) return new Response('{}', { status: 429 });
        device.clock.set(device.clock.now() - back); // both are on their way
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return undefined;
      };
      const synced = leadbox.sync();
      await device.rest();
      await device.clock.advance(10);
      release();
      await synced;
      expect(sentTo(device, leadId(0))).toBe(1);
    },
  );

  it('tells an app that throws in onEvent, and goes on', async () => {
    const device = aDevice({ leads: someLeads(3) });
    const leadbox = await device.loadedTab({
      ...{ concurrency: 2, autoSync: false },
      onEvent: ({ type }) => {
        if (type === 'parked') throw new Error('of the app');
      },
    });
    const errors: unknown[] = [];
    leadbox.observeStatus().subscribe({ error: (error) => errors.push(error) });
    for (let lead = 0; lead < 3; lead += 1) await leadbox.patch(leadId(lead), { properties: { x: 1 } });
    device.api.next(422);
    expect(await leadbox.sync()).toMatchObject({ synced: 2, parked: 1, pending: 0 });
    expect(errors).toEqual([]);
    await expect(device.clock.advance(0)).rejects.toThrow('of the app'); // as an error of the page
  });

  it.each(['comes after it', 'comes while it is being stored'])(
    'R23 keeps an acknowledged edit where a slow GET of the same second %s',
    async (when) => {
      const device = aDevice();
      let release = () => {};
      let isAnswered = false;
      const indexedDB = aFailingStorage(device.indexedDB, (_, mode) => {
        if (isAnswered && mode === 'readwrite' && when === 'comes while it is being stored') release();
        return undefined;
      });
      let stored = aLead({ updated_at: '2025-01-15T12:00:00Z' });
      const fetch = async (_: string, init: RequestInit) => {
        if (init.method === 'PATCH') {
          const { properties } = JSON.parse(String(init.body)) as { properties: object };
          stored = { ...stored, properties: { ...stored.properties, ...properties } };
          isAnswered = true;
          return new Response(JSON.stringify({ data: stored }));
        }
        const body = JSON.stringify({ data: stored });
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return new Response(body);
      };
      const leadbox = device.tab({ environment: { fetch, indexedDB } });
      await leadbox.load([stored]);
      const refreshed = leadbox.refresh(id);
      await device.rest();
      const edit = await leadbox.patch(id, { properties: { x: 'mine' } });
      await edit.settled;
      release();
      await refreshed;
      expect((await leadbox.get(id))?.lead.properties).toMatchObject({ x: 'mine' });
    },
  );

  it('sends an edit nested as deeply as an edit may be, and takes its answer in', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    let deep: { [key: string]: never } | number = 1;
    for (let level = 0; level < 98; level += 1) deep = { a: deep as never };
    const edit = await leadbox.patch(id, { properties: { deep: deep as never } });
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  });

  it('R62 stays paused where the pause cannot be written down, says so, and leaves other tabs alone', async () => {
    const device = aDevice();
    let isBroken = false;
    const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) =>
      isBroken && mode === 'readwrite' && tables.includes('memory') ? 'QuotaExceededError' : undefined,
    );
    const leadbox = await device.loadedTab({ environment: { indexedDB } });
    device.api.next(503);
    const other = device.tab();
    await other.patch(id, { properties: { y: 1 } });
    await device.rest();
    isBroken = true;
    await expect(leadbox.pause()).rejects.toMatchObject({ code: 'storage-unavailable' });
    await device.rest();
    expect(device.attempts).toHaveLength(1); // told of a pause that is not stored, it would take it for a resume()
    await other.close();
    await leadbox.patch(id, { properties: { x: 1 } });
    await device.clock.advance(60_000);
    expect(await leadbox.status()).toMatchObject({ state: 'paused' });
    expect(device.attempts).toHaveLength(1);
  });

  it('R62 does not pause after all where a pause() could be written only after the resume() that came next', async () => {
    const device = aDevice();
    let writes = 0;
    const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) => {
      if (!isArmed || mode !== 'readwrite' || !tables.includes('memory')) return undefined;
      writes += 1;
      return writes === 1 ? 'NotReadableError' : undefined;
    });
    let isArmed = false;
    const leadbox = await device.loadedTab({ environment: { indexedDB } });
    await device.rest();
    isArmed = true;
    await Promise.allSettled([leadbox.pause(), leadbox.resume()]);
    expect(writes).toBe(3);
    await leadbox.close();
    const later = device.tab();
    await later.patch(id, { properties: { x: 1 } });
    await device.rest();
    expect(device.attempts).toHaveLength(1);
  });

  it('R62 stays paused by a pause() that came while a resume() was being written', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    await leadbox.pause();
    await leadbox.patch(id, { properties: { x: 1 } });
    await device.rest();
    void leadbox.resume();
    const paused = leadbox.pause();
    device.becomeVisible();
    await paused;
    await leadbox.patch(id, { properties: { x: 2 } });
    await device.rest();
    expect(device.attempts).toEqual([]);
    expect(await leadbox.status()).toMatchObject({ state: 'paused' });
  });

  it('goes on after an error that is nobody’s it knows', async () => {
    const device = aDevice();
    const request = device.environment.locks?.request;
    let isBroken = true;
    const locks = {
      request: (...given: readonly unknown[]) =>
        isBroken
          ? Promise.reject(new DOMException('No.', 'InvalidStateError'))
          : Reflect.apply(request as () => unknown, undefined, given),
    } as unknown as LockManager;
    const leadbox = await device.loadedTab({ autoSync: false, environment: { locks } });
    await leadbox.sync();
    expect((await leadbox.status()).lastError).toMatchObject({ name: 'InvalidStateError' });
    isBroken = false;
    await leadbox.sync();
    expect((await leadbox.status()).lastError).toMatchObject({ name: 'InvalidStateError' }); // it was no attempt
    await leadbox.patch(id, { properties: { x: 1 } });
    expect(await leadbox.sync()).toMatchObject({ synced: 1 });
    expect((await leadbox.status()).lastError).toBeUndefined();
  });

  it('R62 stays paused where it was paused while it asked whether its user had come back', async () => {
    const device = aDevice();
    const before = await device.loadedTab({ autoSync: false });
    await before.patch(id, { properties: { x: 1 } });
    await before.signOut({ pending: 'keep' });
    const modes: string[] = [];
    const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) => {
      if (!tables.includes('memory')) return undefined;
      modes.push(mode);
      // What it reads to replay was asked for, and so was the mark that it could not take away.
      if (modes.join() === 'readwrite,readonly,readwrite,readonly') void leadbox.pause();
      return mode === 'readwrite' && modes.length <= 3 ? 'throws' : undefined;
    });
    const leadbox = device.tab({ environment: { indexedDB } });
    await device.rest();
    expect(await leadbox.status()).toMatchObject({ state: 'paused' });
    expect(device.attempts).toEqual([]);
  });

  it('R17 keeps a fence where a page that was frozen before its turn could begin chooses the same batch afterwards', async () => {
    const device = aDevice();
    const page = aPage();
    const timeout = 5_000;
    const storage = aStorageToReopen(device);
    const stopped = { autoSync: false, timeout };
    const frozen = await device.loadedTab({
      ...stopped,
      environment: { indexedDB: storage.indexedDB, lifecycle: page.lifecycle },
    });
    await frozen.patch(id, { properties: { x: 1 } });
    storage.lose();
    void frozen.sync();
    await device.rest();
    page.becomes('frozen');

    const other = device.tab(stopped);
    device.intercept = (_, signal) => unanswered(signal);
    for (const _ of [1, 2]) {
      await device.clock.advance(2_000);
      const syncing = other.sync();
      await device.clock.advance(timeout);
      await syncing;
    }
    const last = device.attempts[1]?.at ?? 0;
    storage.reopen();
    await device.rest();
    device.intercept = undefined;
    await other.sync();
    await other.patch(id, { properties: { x: 2 } });
    await other.sync();
    // The second attempt can arrive for another five seconds.
    expect(device.clock.now()).toBeLessThan(last + timeout + 5_000);
    expect(device.attempts.map(({ body }) => body)).toEqual(Array(3).fill({ properties: { x: 1 } }));
    await device.clock.advance(60_000);
    await other.sync();
    expect(device.api.lead(id)?.properties).toMatchObject({ x: 2 });
  });

  it('R36 a page that was frozen before its turn could begin compares its edit with the lead as it is afterwards', async () => {
    const device = aDevice();
    const page = aPage();
    const storage = aStorageToReopen(device);
    const fetch: Environment['fetch'] = (input, init) => {
      if (init?.method !== 'PATCH' && isLooking) storage.lose(); // the turn that takes the look in
      return (device.environment.fetch as Environment['fetch'])(input, init); // a device has one
    };
    let isLooking = false;
    const onConflict = vi.fn(() => 'theirs' as const);
    const environment = { indexedDB: storage.indexedDB, lifecycle: page.lifecycle, fetch };
    const leadbox = await device.loadedTab({ autoSync: false, checkBeforeSend: true, onConflict, environment });
    await leadbox.patch(id, { properties: { x: 'mine' } });
    isLooking = true;
    const syncing = leadbox.sync();
    await device.rest();
    isLooking = false;
    page.becomes('frozen');
    device.api.change(id, { properties: { x: 'theirs' } });
    storage.reopen();
    await syncing;
    page.becomes('resumed');
    await leadbox.sync();
    expect(onConflict).toHaveBeenCalledTimes(1);
    expect(device.api.lead(id)?.properties).toMatchObject({ x: 'theirs' });
    expect(device.attempts).toEqual([]);
  });

  it('R62 a page that opens stays paused where the first look at what is remembered fails', async () => {
    const device = aDevice();
    const before = await device.loadedTab({ autoSync: false });
    await before.pause();
    await before.patch(id, { properties: { x: 1 } });
    await before.close();
    let reads = 0;
    const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) =>
      tables.includes('memory') && mode === 'readonly' && ++reads === 1 ? 'lost' : undefined,
    );
    const leadbox = device.tab({ environment: { indexedDB } });
    await device.rest();
    expect(reads).toBeGreaterThan(1);
    expect(device.attempts).toEqual([]);
    expect(await leadbox.status()).toMatchObject({ state: 'paused', pending: 1 });
  });

  it('R17 sends nothing for which the headers come after a sleep, in which no timer ran', async () => {
    const device = aDevice();
    let slept = 0;
    const clock = { ...device.clock, now: () => device.clock.now() + slept };
    let give = (_: HeadersInit) => {};
    const headers = vi.fn(() => new Promise<HeadersInit>((resolve) => (give = resolve)));
    const leadbox = await device.loadedTab({ autoSync: false, headers, environment: { clock } });
    await leadbox.patch(id, { properties: { x: 1 } });
    const syncing = leadbox.sync();
    await vi.waitFor(() => expect(headers).toHaveBeenCalledTimes(1), soon);
    slept = 600_000;
    give({});
    await syncing;
    expect(device.attempts).toEqual([]);
    headers.mockImplementation(async () => ({}));
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
  });

  it('R62 stays paused where it was paused, and could not write it down, while it looked up what another tab told', async () => {
    const device = aDevice();
    let isArmed = false;
    let isFull = false;
    const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) => {
      if (!tables.includes('memory')) return undefined;
      if (isFull && mode === 'readwrite') return 'throws';
      if (isArmed && mode === 'readonly') {
        isArmed = false;
        isFull = true;
        leadbox.pause().catch(() => {}); // it says so
      }
      return undefined;
    });
    const leadbox = await device.loadedTab({ environment: { indexedDB } });
    const other = device.tab({ autoSync: false });
    await device.rest();
    isArmed = true;
    await other.resume();
    await device.rest();
    await leadbox.patch(id, { properties: { x: 1 } });
    await device.rest();
    expect(isFull).toBe(true);
    expect(device.attempts).toEqual([]);
  });

  it('R62 does not take a sync() during a pause for a reason to overrule what fails after it', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    const other = device.tab();
    await leadbox.patch(id, { properties: { x: 1 } });
    await device.rest();
    await other.pause();
    await device.rest();
    await leadbox.patch(id, { properties: { x: 2 } });
    await leadbox.sync();
    await device.clock.advance(10);
    device.api.latency = 100;
    device.api.next(503, 2);
    await other.resume();
    await device.clock.advance(500);
    expect(device.attempts).toHaveLength(2);
  });

  it('R17 fences a second attempt that timed out in the very millisecond in which the first was over', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ autoSync: false });
    let late: RequestInit = {};
    device.intercept = (attempt, signal) => {
      if (device.attempts.length === 1) return new Response('<html>');
      if (device.attempts.length > 2) return undefined;
      late = { method: 'PATCH', body: attempt.text };
      return unanswered(signal);
    };
    await leadbox.patch(id, { properties: { x: 'old' } });
    await leadbox.sync();
    const start = device.clock.now();
    const second = leadbox.sync();
    await device.rest();
    await device.clock.advance(30_000);
    await second;
    await leadbox.sync();
    await leadbox.patch(id, { properties: { x: 'new' } });
    await leadbox.sync();
    expect(device.attempts).toHaveLength(3);
    await device.clock.advance(start + 34_999 - device.clock.now());
    await device.api.fetch(`/leads/${id}`, late);
    await device.clock.advance(60_000);
    expect(await leadbox.sync()).toMatchObject({ pending: 0 });
    expect(device.api.lead(id)?.properties).toMatchObject({ x: 'new' });
  });

  it('R25 keeps a wait after another tab failed where an earlier answer is stored late', async () => {
    const device = aDevice();
    const storage = aStorageToFail(device.indexedDB, 'NotReadableError');
    const first = await device.loadedTab({ environment: { indexedDB: storage.indexedDB } });
    device.tab(); // it tries as soon as it is told of the edit
    await device.rest();
    device.intercept = () => {
      if (device.attempts.length === 1) storage.fail(); // the answer to the first tab cannot be stored at once
      return device.attempts.length === 2 ? new Response('', { status: 503 }) : undefined;
    };
    await first.patch(id, { properties: { x: 1 } });
    await device.rest();
    await device.clock.advance(10);
    await first.patch(id, { properties: { y: 1 } });
    await device.rest();
    expect(device.attempts).toHaveLength(2);
  });

  it('R17 fences an attempt of another tab that is under way longer than the answer that is settled', async () => {
    const device = aDevice();
    const storage = aStorageToFail(device.indexedDB, 'NotReadableError');
    const retry = { minDelay: 32_000, maxDelay: 32_000 };
    const first = await device.loadedTab({ environment: { indexedDB: storage.indexedDB }, retry });
    const second = device.tab();
    await device.rest();
    let late: RequestInit | undefined;
    let sentAt = 0;
    const start = device.clock.now();
    device.intercept = (attempt, signal) => {
      if (device.attempts.length === 1) {
        storage.fail(); // the answer to the first tab cannot be stored at once
        return undefined;
      }
      if (attempt.at - start < 10_000) throw new TypeError('Failed to fetch');
      if (late) return undefined;
      sentAt = attempt.at;
      late = { method: 'PATCH', body: attempt.text };
      return unanswered(signal);
    };
    await first.patch(id, { properties: { x: 'old' } });
    await device.rest();
    await device.clock.advance(10_000);
    void second.sync();
    await device.rest();
    await device.clock.advance(sentAt + 30_000 - device.clock.now());
    const edit = await second.patch(id, { properties: { x: 'new' } });
    void first.sync();
    await device.rest();
    await device.clock.advance(4_000);
    await device.api.fetch(`/leads/${id}`, late ?? {}); // within 35 s of its start
    await device.clock.advance(120_000);
    await edit.settled;
    expect(device.api.lead(id)?.properties).toMatchObject({ x: 'new' });
  });

  it.each([0, 10_000])(
    'R17 keeps a fence of another tab where this one had its clock set back by %i ms',
    async (back) => {
      const device = aDevice({ leads: someLeads(2) });
      const first = await device.loadedTab();
      device.api.next(503);
      await first.patch(leadId(1), { properties: { y: 1 } });
      await device.rest();
      device.clock.set(device.clock.now() - back);
      await device.clock.advance(5_000);
      expect((await first.status()).state).toBe('synced');
      const second = device.tab();
      await device.rest();
      let late: RequestInit | undefined;
      device.intercept = (attempt, signal) => {
        if (late) return undefined;
        late = { method: 'PATCH', body: attempt.text };
        return unanswered(signal);
      };
      await second.patch(id, { properties: { x: 'old' } });
      await device.rest();
      await device.clock.advance(30_000);
      const edit = await first.patch(id, { properties: { x: 'new' } });
      await device.clock.advance(4_900);
      await device.api.fetch(`/leads/${id}`, late ?? {}); // 34.9 s after its start
      await device.clock.advance(60_000);
      await edit.settled;
      expect(device.api.lead(id)?.properties).toMatchObject({ x: 'new' });
    },
  );
});
