import { describe, expect, it, vi } from 'vitest';
import { aFailingStorage } from '../../builders/a-failing-storage.ts';
import { leadId } from '../../builders/a-lead.ts';
import { aDevice, soon, valuesOf } from '../../builders/a-leadbox.ts';
import { deadChannel } from '../../builders/a-tab.ts';

const id = leadId(0);
const patch = { properties: { a: 1 } };
const deaf = { autoSync: false, environment: { channel: deadChannel } };

describe('R41 where every message between tabs is lost, within 30 s', () => {
  it('an edit is settled in the tab that made it, and its observers and counts follow', async () => {
    const device = aDevice();
    const mine = await device.loadedTab(deaf);
    const seen = valuesOf(mine.observe(id));
    const statuses = valuesOf(mine.observeStatus());
    const edit = await mine.patch(id, patch);
    const settled = vi.fn();
    void edit.settled.then(settled);
    await device.tab(deaf).sync();
    await device.rest();
    expect(settled).not.toHaveBeenCalled();
    await device.clock.advance(30_000);
    expect(settled).toHaveBeenCalledWith(expect.objectContaining({ outcome: 'synced' }));
    expect(seen.at(-1)).toMatchObject({ pending: 0, server: { properties: { a: 1 } } });
    expect(statuses.at(-1)).toMatchObject({ state: 'synced', pending: 0 });
  });

  it('an edit of another tab is seen that was made while something waits, and its end too', async () => {
    const device = aDevice();
    const mine = await device.loadedTab(deaf);
    await mine.patch(id, patch);
    const other = device.tab(deaf);
    const seen = valuesOf(other.observe(id));
    const all = valuesOf(other.observeAll());
    await device.rest();
    await mine.patch(id, { properties: { a: 2 } });
    await device.clock.advance(30_000);
    expect(seen.at(-1)).toMatchObject({ pending: 2, lead: { properties: { a: 2 } } });
    expect(all.at(-1)).toMatchObject([{ properties: { a: 2 } }]);
    await mine.sync();
    await device.clock.advance(30_000);
    expect(seen.at(-1)).toMatchObject({ pending: 0, server: { properties: { a: 2 } } });
  });

  it('an edit is sent whose tab cannot send, by one that cannot hear of it', async () => {
    const device = aDevice();
    const mine = await device.loadedTab(deaf);
    const first = await mine.patch(id, patch);
    device.onLine = false;
    device.tab({ environment: deaf.environment });
    await device.rest();
    device.onLine = true;
    await mine.patch(id, { properties: { b: 2 } });
    await device.clock.advance(30_000);
    expect(await first.settled).toMatchObject({ outcome: 'synced' });
    expect(await mine.status()).toMatchObject({ pending: 0 });
  });

  it('a tab follows although it could not read the storage the first time', async () => {
    const device = aDevice();
    const mine = await device.loadedTab(deaf);
    let isBroken = false;
    const indexedDB = aFailingStorage(device.indexedDB, () => (isBroken ? 'throws' : undefined));
    const other = device.tab({ ...deaf, environment: { ...deaf.environment, indexedDB } });
    const seen = valuesOf(other.observe(id));
    await device.rest();
    isBroken = true;
    await device.clock.advance(30_000);
    isBroken = false;
    await mine.patch(id, patch);
    await device.clock.advance(30_000);
    expect(seen.at(-1)).toMatchObject({ pending: 1 });
  });

  it('a tab that heard of an edit sees that it was sent, though it hears nothing more', async () => {
    const device = aDevice();
    const other = device.tab({ autoSync: false });
    const statuses = valuesOf(other.observeStatus());
    await device.clock.advance(60_000);
    const mine = await device.loadedTab({ autoSync: false });
    await mine.patch(id, patch);
    await vi.waitFor(() => expect(statuses.at(-1)).toMatchObject({ pending: 1 }), soon);
    await device.tab(deaf).sync();
    await device.clock.advance(30_000);
    expect(statuses.at(-1)).toMatchObject({ state: 'synced', pending: 0 });
  });

  it('nothing is read again once nothing is pending, and no timer stays', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ environment: deaf.environment });
    const edit = await leadbox.patch(id, patch);
    await edit.settled;
    await device.clock.advance(120_000);
    expect(device.clock.pending).toBe(0);
  });

  it('no timer stays after closing with something pending', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab(deaf);
    await leadbox.patch(id, patch);
    await leadbox.close();
    expect(device.clock.pending).toBe(0);
  });
});

describe('R43 an edit waits for no other tab', () => {
  it('also where posting a message throws', async () => {
    const device = aDevice();
    const channel = () => ({
      ...deadChannel(''),
      postMessage() {
        throw new DOMException('The channel is closed.', 'InvalidStateError');
      },
    });
    const leadbox = await device.loadedTab({ environment: { channel } });
    const edit = await leadbox.patch(id, patch);
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    await vi.waitFor(async () => expect(await leadbox.status()).toMatchObject({ state: 'synced' }), soon);
  });
});

it('R41 where there are no messages at all, a tab that can be seen looks every 30 s, also one that knows of nothing', async () => {
  const device = aDevice();
  const deaf = { channel: undefined, connectivity: { onLine: () => true, subscribe: () => () => {} } };
  const leadbox = await device.loadedTab({ autoSync: false, environment: deaf });
  const other = device.tab({ autoSync: false, environment: deaf });
  const views = valuesOf(other.observe(leadId(0)));
  await device.rest();
  await device.clock.advance(90_000);
  await leadbox.patch(leadId(0), { properties: { a: 1 } });
  await device.clock.advance(30_000);
  expect(views.at(-1)).toMatchObject({ pending: 1, lead: { properties: { a: 1 } } });
});
