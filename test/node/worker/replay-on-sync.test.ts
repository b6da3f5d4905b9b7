import { describe, expect, it, vi } from 'vitest';
import { isLeadboxError, type LeadboxEvent } from '../../../src/index.ts';
import { replayOnSync } from '../../../src/service-worker.ts';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, soon } from '../../builders/a-leadbox.ts';
import { deadChannel } from '../../builders/a-tab.ts';
import { aWorker } from '../../builders/a-worker.ts';

const id = leadId(0);
const patch = { properties: { a: 1 } };
const stopped = { autoSync: false };

/** A device whose last page was closed before it could send. */
async function aLeftEdit() {
  const device = aDevice();
  const page = await device.loadedTab(stopped);
  await page.patch(id, patch);
  await page.close();
  return device;
}

describe('R42 replayOnSync, on a Background Sync event,', () => {
  it('sends what a page left behind', async () => {
    const device = await aLeftEdit();
    await aWorker(device).sync();
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 1 });
    expect(await device.tab(stopped).status()).toMatchObject({ state: 'synced' });
    expect(device.clock.pending).toBe(1); // the page that was just opened looks again in 30 s
  });

  it('R21 parks what is older than the maxAge that the pages have', async () => {
    const device = await aLeftEdit();
    await device.clock.advance(3_600_000);
    await aWorker(device, { maxAge: 1_000_000 }).sync();
    expect(device.attempts).toEqual([]);
    expect(await device.tab(stopped).outbox.parked()).toMatchObject([{ reason: 'stale' }]);
  });

  it('settles the edit of a page that is still there', async () => {
    const device = aDevice();
    const page = await device.loadedTab(stopped);
    const edit = await page.patch(id, patch);
    await aWorker(device).sync();
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  });

  it.each([503, 429, 'network-error', 'lost-answer'] as const)('has the browser come back after %s', async (fault) => {
    const device = await aLeftEdit();
    const worker = aWorker(device);
    device.api.next(fault);
    await expect(worker.sync()).rejects.toMatchObject({ code: 'network' });
    await device.clock.advance(60_000);
    await worker.sync();
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 1 });
  });

  it('has the browser come back after a redirect, which may be a captive portal’s', async () => {
    const device = await aLeftEdit();
    const worker = aWorker(device);
    device.intercept = () => Object.defineProperty(new Response('Sign in'), 'redirected', { value: true });
    await expect(worker.sync()).rejects.toMatchObject({ code: 'network' });
    device.intercept = undefined;
    await device.clock.advance(60_000);
    await worker.sync();
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 1 });
  });

  it('R28 is done after a 401, and sends nothing more before a page opens the name', async () => {
    const device = await aLeftEdit();
    const worker = aWorker(device);
    device.api.next(401);
    await worker.sync();
    await worker.sync();
    expect(device.attempts).toHaveLength(1);
    await device.tab(stopped).sync();
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 1 });
  });

  it('has the browser come back while there is no network', async () => {
    const device = await aLeftEdit();
    device.onLine = false;
    device.api.offline = true;
    await expect(aWorker(device).sync()).rejects.toMatchObject({ code: 'network' });
  });

  it('is done while everything is paused', async () => {
    const device = aDevice();
    const page = await device.loadedTab(stopped);
    await page.patch(id, patch);
    await page.pause();
    await aWorker(device).sync();
    expect(device.attempts).toEqual([]);
  });

  it('is done when only parked edits are left, and tells of them', async () => {
    const device = await aLeftEdit();
    device.api.next(403);
    const events: LeadboxEvent[] = [];
    await aWorker(device, { onEvent: (event) => void events.push(event) }).sync();
    expect(events).toContainEqual({ type: 'parked', leadId: id, seq: 1, reason: 'forbidden', status: 403 });
  });

  it('creates no database', async () => {
    const device = aDevice();
    await aWorker(device).sync();
    expect(await device.indexedDB.databases()).toEqual([]);
  });

  it('handles the tags of its names and no other, and no other event', async () => {
    const device = await aLeftEdit();
    const worker = aWorker(device, { names: ['other', 'leadbox'] });
    expect(worker.sync('workbox-background-sync:leadbox')).toBeUndefined();
    expect(worker.sync('leadbox:someone')).toBeUndefined();
    await worker.sync('leadbox:other');
    await device.rest();
    expect(device.attempts).toEqual([]);
    expect(worker.handles).toEqual(['sync']);
  });

  it('and the pages send each batch once', async () => {
    const device = aDevice({ leads: someLeads(3) });
    device.api.latency = 100;
    const page = await device.loadedTab();
    for (let lead = 0; lead < 3; lead += 1) await page.patch(leadId(lead), patch);
    const work = aWorker(device).sync();
    await device.clock.advance(5_000);
    await work;
    expect(device.attempts.map(({ leadId }) => leadId).sort()).toEqual([0, 1, 2].map(leadId));
    expect(device.mostOpen.all).toBe(1);
  });

  it('sends as the pages do: with their root, headers and id', async () => {
    const device = await aLeftEdit();
    const options = { headers: () => ({ 'X-User': 'ada' }), idempotencyHeader: 'Idempotency-Key' };
    await aWorker(device, options).sync();
    const [sent] = device.attempts;
    expect(sent?.headers.get('X-User')).toBe('ada');
    expect(sent?.headers.get('Idempotency-Key')).toMatch(/.+-1$/);
  });

  it('leaves no timer and no channel behind that would keep the worker awake', async () => {
    const device = await aLeftEdit();
    device.api.next(503);
    const close = vi.fn();
    const worker = aWorker(device, { environment: { channel: () => ({ ...deadChannel(''), close }) } });
    await expect(worker.sync()).rejects.toThrow();
    expect(device.clock.pending).toBe(0);
    expect(close).toHaveBeenCalled();
  });

  it('waits in line for a page that sends', async () => {
    const device = aDevice();
    device.api.next('hang');
    const page = await device.loadedTab({ timeout: 10_000 });
    await page.patch(id, patch);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    const work = aWorker(device).sync();
    await device.clock.advance(9_000);
    expect(device.attempts).toHaveLength(1);
    await device.clock.advance(60_000);
    await work;
    expect(device.mostOpen.all).toBe(1);
  });
});

describe('R75 replayOnSync refuses wrong options by name:', () => {
  it.each<[object, string]>([
    [{ names: [] }, 'names'],
    [{ names: 'leadbox' }, 'names'],
    [{}, 'names'],
    [{ names: ['leadbox'], timeout: 0 }, 'timeout'],
    [{ names: ['leadbox'], concurrency: 0 }, 'concurrency'],
    [{ names: [''] }, 'name'],
  ])('%j', (options, path) => {
    let error: unknown;
    try {
      // Wrong on purpose, as an app without types may call it.
      replayOnSync({ addEventListener() {} }, options as Parameters<typeof replayOnSync>[1]);
    } catch (reason) {
      error = reason;
    }
    expect(isLeadboxError(error, 'invalid-option')).toBe(true);
    expect(error).toMatchObject({ path: [path] });
  });
});
