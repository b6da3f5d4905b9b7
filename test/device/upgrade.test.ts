import { expect, it } from 'vitest';
import { leadId } from '../builders/a-lead.ts';
import { aDevice, editIn, statusOf } from './a-device.ts';

it('R50 refuses edits while an old tab holds on to the database, and goes on without a reload once it lets go', async () => {
  const device = await aDevice();
  const before = await device.loadedTab();
  await before.close();
  const old = await device.tab({ name: 'another' });
  // As code does that never heard of upgrades: nothing closes this connection when somebody asks for it.
  await old.evaluate(
    () =>
      new Promise((resolve) => {
        const request = indexedDB.open('leads');
        request.onsuccess = () => resolve(Object.assign(globalThis, { held: request.result }).held.version);
      }),
  );
  const tab = await device.tab({ indexes: ['company_id'] }); // needs an upgrade
  const edit = () =>
    tab.evaluate(
      (id) =>
        leadbox.patch(id, { properties: { score: 90 } }).then(
          () => 'stored',
          ({ code }) => code,
        ),
      leadId(0),
    );
  expect(await edit()).toBe('storage-unavailable');
  expect(device.patches()).toEqual([]);

  await old.evaluate(() => (globalThis as unknown as { held: IDBDatabase }).held.close());
  await expect.poll(edit, { timeout: 20_000 }).toBe('stored');
  await statusOf(tab).toMatchObject({ state: 'synced' });
  await editIn(tab, leadId(0), { location: { city: 'Reno' } });
  await statusOf(tab).toMatchObject({ state: 'synced' });
  expect(device.api.lead(leadId(0))).toMatchObject({ properties: { score: 90 }, location: { city: 'Reno' } });
});
