import { expect, it } from 'vitest';
import { leadId } from '../builders/a-lead.ts';
import { aDevice, editIn, patiently, statusOf } from './a-device.ts';

const score = { properties: { score: 90 } };

it('R39 a tab that is frozen in the middle of a request lets another one send, and sends nothing twice when it thaws', async () => {
  const device = await aDevice(3);
  const first = await device.loadedTab();
  device.api.next('hang');
  await first.evaluate(
    ([ids, change]) => {
      const made = ids.map((id) => leadbox.patch(id, change));
      Object.assign(globalThis, {
        outcomes: Promise.all(made.map(async (edit) => (await (await edit).settled).outcome)),
      });
    },
    [[0, 1, 2].map(leadId), score] as const,
  );
  await expect.poll(device.patches, patiently).toHaveLength(1);
  const second = await device.tab();
  await second.bringToFront(); // a browser freezes hidden tabs only
  await expect.poll(() => first.evaluate(() => document.visibilityState), patiently).toBe('hidden');
  // What it reads on being hidden is read: a browser freezes no tab in the middle of a transaction, the test would.
  await first.evaluate(() => leadbox.status());
  const lifecycle = await device.devtoolsOf(first);
  await lifecycle.send('Page.setWebLifecycleState', { state: 'frozen' });

  await statusOf(second).toMatchObject({ state: 'synced' });
  // The request under way when the tab froze may have arrived, or not: the same goes again, first.
  const sent = device.patches().map(({ url, text }) => [url.slice(-36), text]);
  const text = JSON.stringify(score);
  expect(sent).toEqual([0, 0, 1, 2].map((index) => [leadId(index), text]));
  await editIn(second, leadId(1), { location: { city: 'Reno' } });
  await statusOf(second).toMatchObject({ state: 'synced' });

  await lifecycle.send('Page.setWebLifecycleState', { state: 'active' });
  await statusOf(first).toMatchObject({ state: 'synced' });
  expect(await first.evaluate(() => (globalThis as unknown as { outcomes: Promise<string[]> }).outcomes)).toEqual([
    ...['synced', 'synced', 'synced'],
  ]);
  for (const tab of [first, second]) {
    await tab.evaluate(() => leadbox.sync());
    const states = await tab.evaluate((ids) => Promise.all(ids.map((id) => leadbox.get(id))), [0, 1, 2].map(leadId));
    expect(states.map((state) => state?.lead)).toEqual(device.api.leads());
  }
  expect(device.patches()).toHaveLength(5);
});
