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

it('R39 a page that is kept for the back button lets another one send, and nothing is sent out of order', async () => {
  const device = await aDevice(2);
  const first = await device.loadedTab();
  const tell = (event: string) =>
    first.evaluate((type) => void dispatchEvent(new PageTransitionEvent(type, { persisted: true })), event);
  device.api.next('hang');
  await editIn(first, leadId(0), score);
  await editIn(first, leadId(1), score);
  await expect.poll(device.patches, patiently).toHaveLength(1);
  const second = await device.tab();
  // All that some browsers tell it.
  await tell('pagehide');
  await second.evaluate(() => leadbox.sync());

  await statusOf(second).toMatchObject({ state: 'synced' });
  const sent = device.patches().map(({ url }) => url.slice(-36));
  expect(sent).toEqual([leadId(0), leadId(0), leadId(1)]);
  await editIn(first, leadId(1), { location: { city: 'Reno' } });
  await tell('pageshow');
  await statusOf(first).toMatchObject({ state: 'synced' });
  expect(device.patches()).toHaveLength(4);
});

it('R39 a tab that stands still while it stores that it is paused keeps no other from resuming', async () => {
  const device = await aDevice();
  const [first, second] = [await device.loadedTab(), await device.tab()];
  await first.evaluate(() => leadbox.resume()); // what it remembers is open
  let goOn = () => {};
  device.held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const standing = first.evaluate(async () => {
    void leadbox.pause();
    for (let step = 0; step < 100; step += 1) await undefined;
    const request = new XMLHttpRequest();
    request.open('GET', '/api/held', false); // blocks the page
    request.send();
  });
  await second.evaluate(() => leadbox.resume());
  goOn();
  await standing;
});
