import { describe, expect, it, vi } from 'vitest';
import type { Environment, LeadboxEvent } from '../../../src/index.ts';
import { leadId } from '../../builders/a-lead.ts';
import { aDevice } from '../../builders/a-leadbox.ts';

const id = leadId(0);
const patch = { properties: { a: 1 } };

function aStorage(persist: () => Promise<boolean>): Environment['storage'] {
  return { persist, persisted: async () => false, estimate: async () => ({}) };
}

describe('R74 the browser is asked to keep the storage', () => {
  it('at the first edit, once', async () => {
    const device = aDevice();
    const persist = vi.fn(async () => true);
    const leadbox = await device.loadedTab({ environment: { storage: aStorage(persist) } });
    expect(persist).not.toHaveBeenCalled();
    await leadbox.patch(id, patch);
    await leadbox.patch(id, { properties: { b: 2 } });
    await device.rest();
    expect(persist).toHaveBeenCalledTimes(1);
    expect(device.warnings).toEqual([]);
  });

  it('and its refusal is one warning event, which is not printed', async () => {
    const device = aDevice();
    const events: LeadboxEvent[] = [];
    const leadbox = await device.loadedTab({
      onEvent: (event) => void events.push(event),
      environment: { storage: aStorage(async () => false) },
    });
    await leadbox.patch(id, patch);
    await leadbox.patch(id, { properties: { b: 2 } });
    await device.rest();
    expect(events.filter(({ type }) => type === 'warning')).toEqual([
      { type: 'warning', code: 'storage-not-persistent', message: expect.stringContaining('delete unsent edits') },
    ]);
    expect(device.warnings).toEqual([]);
  });

  it('and its refusal is printed once where nobody listens', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ environment: { storage: aStorage(async () => false) } });
    await leadbox.patch(id, patch);
    await leadbox.patch(id, { properties: { b: 2 } });
    await device.rest();
    expect(device.warnings).toEqual([expect.stringContaining('delete unsent edits')]);
  });

  it('never with persist: false', async () => {
    const device = aDevice();
    const persist = vi.fn(async () => false);
    const leadbox = await device.loadedTab({ persist: false, environment: { storage: aStorage(persist) } });
    await leadbox.patch(id, patch);
    await device.rest();
    expect(persist).not.toHaveBeenCalled();
    expect(device.warnings).toEqual([]);
  });

  it.each([
    ['never answers', () => new Promise<boolean>(() => {})],
    ['rejects', () => Promise.reject(new DOMException('No.', 'SecurityError'))],
    [
      'throws',
      () => {
        throw new TypeError('persist is not a function');
      },
    ],
  ])('and nothing is harmed where that %s', async (_, persist) => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ environment: { storage: aStorage(persist) } });
    const edit = await leadbox.patch(id, patch);
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    await device.rest();
    expect(device.warnings).toEqual([]);
  });

  it('and nothing is harmed where the storage cannot be asked at all', async () => {
    const device = aDevice();
    // As in browsers that have the object but not the method.
    const storage = {} as Environment['storage'];
    const leadbox = await device.loadedTab({ environment: { storage } });
    const edit = await leadbox.patch(id, patch);
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    await device.rest();
  });
});
