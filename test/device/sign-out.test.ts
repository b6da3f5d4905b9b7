import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { leadId } from '../builders/a-lead.ts';
import { aDevice, editIn, patiently, statusOf } from './a-device.ts';

const id = leadId(0);
const score = { properties: { score: 90 } };

type Way = 'refuse' | 'sync' | 'keep' | 'discard';

/** 'left', or the code of the error. */
function signOut(page: Page, pending?: Way): Promise<string> {
  return page.evaluate(
    (way) =>
      leadbox.signOut(way === undefined ? {} : { pending: way }).then(
        () => 'left',
        (error: { code: string }) => error.code,
      ),
    pending,
  );
}

const databases = (page: Page) => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));

/** Two tabs of a user, one edit that was not sent yet. */
async function twoTabs() {
  const device = await aDevice();
  const first = await device.loadedTab({ autoSync: false });
  const second = await device.tab({ autoSync: false });
  await editIn(first, id, score);
  return { device, first, second };
}

it('R45 signing out is refused while an edit is unsent, and both tabs work on', async () => {
  const { device, first, second } = await twoTabs();
  expect(await signOut(first)).toBe('unsynced-edits');
  await editIn(second, id, { location: { city: 'Reno' } });
  await first.evaluate(() => leadbox.sync());
  expect(device.api.lead(id)).toMatchObject({ ...score, location: { city: 'Reno' } });
  expect(await signOut(first)).toBe('left');
  await statusOf(second).toMatchObject({ state: 'closed' });
  expect(await databases(second)).toEqual([]);
});

it('R45 signing out with a sync sends the edits of both tabs first', async () => {
  const { device, first, second } = await twoTabs();
  await editIn(second, id, { location: { city: 'Reno' } });
  expect(await signOut(second, 'sync')).toBe('left');
  expect(device.api.lead(id)).toMatchObject({ ...score, location: { city: 'Reno' } });
  for (const tab of [first, second]) await statusOf(tab).toMatchObject({ state: 'closed' });
  expect(await databases(first)).toEqual([]);
});

it('R45 signing out with a sync that cannot reach the server is refused, and the edit stays', async () => {
  const { device, first } = await twoTabs();
  device.site.offline = true;
  expect(await signOut(first, 'sync')).toBe('unsynced-edits');
  expect(await first.evaluate(() => leadbox.outbox.pending())).toMatchObject([{ patch: score }]);
});

it('R45 signing out and keeping the edits closes both tabs; they are there when the user returns', async () => {
  const { device, first, second } = await twoTabs();
  expect(await signOut(first, 'keep')).toBe('left');
  await statusOf(second).toMatchObject({ state: 'closed' });
  const back = await device.tab({ autoSync: false });
  expect(await back.evaluate((lead) => leadbox.get(lead), id)).toMatchObject({ pending: 1, lead: score });
  expect(device.patches()).toEqual([]);
});

it('R45 signing out and discarding wipes all, also while the other tab edits, and nothing writes it again', async () => {
  const { device, first, second } = await twoTabs();
  const busy = second.evaluate(async (lead) => {
    for (let n = 0; ; n += 1) {
      const refused = await leadbox.patch(lead, { properties: { n } }).catch((error: { code: string }) => error.code);
      if (typeof refused === 'string') return refused;
    }
  }, id);
  expect(await signOut(first, 'discard')).toBe('left');
  expect(['closed', 'lead-not-cached']).toContain(await busy);
  await expect.poll(() => databases(second), patiently).toEqual([]);
  await statusOf(second).toMatchObject({ state: 'closed' });
  expect(device.patches()).toEqual([]);
});
