import { expect, it } from 'vitest';
import { leadId } from '../builders/a-lead.ts';
import { aDevice, editIn, patiently, statusOf } from './a-device.ts';

const leads = 4;
const ids = Array.from({ length: leads }, (_, index) => leadId(index));

it('R39 without Web Locks three tabs that edit the same leads send each edit once, and each lead in order', async () => {
  const device = await aDevice(leads, { hasLocks: false });
  const tabs = [await device.loadedTab(), await device.tab(), await device.tab()];
  expect(await Promise.all(tabs.map((tab) => tab.evaluate(() => 'locks' in navigator)))).toEqual([false, false, false]);
  device.api.latency = 30;
  const perTab = 10;
  const made = tabs.map((tab, number) =>
    tab.evaluate(
      async ([leadIds, mine, count]) => {
        const edits = [];
        for (let n = 0; n < count; n += 1) {
          for (const id of leadIds) edits.push(await leadbox.patch(id, { properties: { [`tab${mine}`]: n } }));
        }
        return (await Promise.all(edits.map(({ settled }) => settled))).map(({ outcome }) => outcome);
      },
      [ids, number, perTab] as const,
    ),
  );
  expect(new Set((await Promise.all(made)).flat())).toEqual(new Set(['synced']));
  for (const tab of tabs) await statusOf(tab).toMatchObject({ state: 'synced', pending: 0 });

  for (const id of ids) {
    const bodies = device.patches().flatMap(({ url, text = '' }) => (url.endsWith(id) ? [JSON.parse(text)] : []));
    for (const number of tabs.keys()) {
      const values = bodies.map(({ properties }) => properties[`tab${number}`]).filter((value) => value !== undefined);
      // Each later than the one before it: none again, and none out of order.
      expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
      expect(values.at(-1)).toBe(perTab - 1);
    }
    for (const tab of tabs) {
      expect((await tab.evaluate((leadId) => leadbox.get(leadId), id))?.lead).toEqual(device.api.lead(id));
    }
  }
});

it('R39 without Web Locks a tab that was closed in the middle of a request leaves its edits to another one', async () => {
  const device = await aDevice(1, { hasLocks: false });
  const first = await device.loadedTab({ timeout: 100 });
  const second = await device.tab({ timeout: 100 });
  device.api.next('hang');
  await editIn(first, leadId(0), { properties: { score: 90 } });
  await expect.poll(device.patches, patiently).toHaveLength(1);
  await first.close();
  await editIn(second, leadId(0), { location: { city: 'Reno' } });

  await statusOf(second).toMatchObject({ state: 'synced', pending: 0 });
  const bodies = device.patches().map(({ text = '' }) => JSON.parse(text));
  // What may have arrived goes again as it was, before what came after it.
  expect(bodies.slice(0, 2)).toEqual([{ properties: { score: 90 } }, { properties: { score: 90 } }]);
  expect(device.api.lead(leadId(0))).toMatchObject({ properties: { score: 90 }, location: { city: 'Reno' } });
});
