import { describe, expect, it, vi } from 'vitest';
import { leadId } from '../../builders/a-lead.ts';
import { aDevice, soon } from '../../builders/a-leadbox.ts';
import { aPage } from '../../builders/a-tab.ts';

const id = leadId(0);
const patch = { properties: { a: 1 } };

describe('R42 a page asks for a Background Sync event', () => {
  it('at its first edit, once', async () => {
    const device = aDevice();
    const register = vi.fn(async () => {});
    const leadbox = await device.loadedTab({ environment: { backgroundSync: { register } } });
    await device.rest();
    expect(register).not.toHaveBeenCalled();
    await leadbox.patch(id, patch);
    await leadbox.patch(id, { properties: { b: 2 } });
    await device.rest();
    expect(register.mock.calls).toEqual([['leadbox:leadbox']]);
  });

  it('when something keeps edits from being sent', async () => {
    const device = aDevice();
    const before = await device.loadedTab({ name: 'ada', autoSync: false });
    await before.patch(id, patch);
    await before.close();
    const register = vi.fn(async () => {});
    device.api.next(503);
    device.tab({ name: 'ada', environment: { backgroundSync: { register } } });
    await device.rest();
    expect(register).toHaveBeenCalledWith('leadbox:ada');
  });

  it('when it is put away with something pending, and not with nothing', async () => {
    const device = aDevice();
    const register = vi.fn(async () => {});
    const page = aPage();
    const environment = { backgroundSync: { register }, lifecycle: page.lifecycle };
    const leadbox = await device.loadedTab({ environment });
    page.becomes('hidden');
    await device.rest();
    expect(register).not.toHaveBeenCalled();
    device.api.next('hang');
    await leadbox.patch(id, patch);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    register.mockClear();
    page.becomes('hidden');
    await device.rest();
    expect(register).toHaveBeenCalledTimes(1);
  });

  it('when it is put away with an edit of its own, before anything is looked up: it may end at once', async () => {
    const device = aDevice();
    const register = vi.fn(async () => {});
    const page = aPage();
    const leadbox = await device.loadedTab({
      environment: { backgroundSync: { register }, lifecycle: page.lifecycle },
    });
    await device.rest();
    device.api.next('hang');
    const edit = leadbox.patch(id, patch);
    page.becomes('hidden'); // while it is being stored
    expect(register).toHaveBeenCalledTimes(1);
    await edit;
    register.mockClear();
    page.becomes('hidden'); // while it is being sent
    expect(register).toHaveBeenCalledTimes(1);
  });

  it('never with autoSync: false', async () => {
    const device = aDevice();
    const register = vi.fn(async () => {});
    const page = aPage();
    const environment = { backgroundSync: { register }, lifecycle: page.lifecycle };
    const leadbox = await device.loadedTab({ autoSync: false, environment });
    await leadbox.patch(id, patch);
    page.becomes('hidden');
    device.api.next(503);
    await leadbox.sync();
    await device.rest();
    expect(register).not.toHaveBeenCalled();
  });

  it.each([
    ['never answers', () => new Promise<void>(() => {})],
    ['is refused', () => Promise.reject(new DOMException('No.', 'NotAllowedError'))],
    [
      'throws',
      () => {
        throw new TypeError('Not a function');
      },
    ],
  ])('and edits are stored and sent all the same where that %s', async (_, register) => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ environment: { backgroundSync: { register } } });
    device.api.next(503);
    const edit = await leadbox.patch(id, patch);
    await device.clock.advance(60_000);
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  });
});
