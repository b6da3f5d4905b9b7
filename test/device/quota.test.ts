import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { leadId, someLeads } from '../builders/a-lead.ts';
import { aDevice, type Device, editIn } from './a-device.ts';

const quota = 6_000_000;

/** What the browser lets the origin store. Set before a page opens: a browser looks seldom once a database is open. */
function allow(device: Device, quotaSize: number): Promise<unknown> {
  return device.devtools.send('Storage.overrideQuotaForOrigin', { origin: device.site.origin, quotaSize });
}

/** The code with which an edit of this many bytes is refused; 'stored' if it is not. */
function bigEdit(page: Page, id: string, length: number): Promise<string> {
  const notes = noise(length);
  return page.evaluate(
    ([lead, text]) =>
      leadbox.patch(lead, { summary: { notes: text } }).then(
        () => 'stored',
        (error: { code: string }) => error.code,
      ),
    [id, notes] as const,
  );
}

/** A text that cannot be compressed. */
function noise(length: number): string {
  return Array.from({ length }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join('');
}

const idsIn = (page: Page) => page.evaluate(async () => (await leadbox.find()).map(({ id }) => id));

it('R48 a full device gives up cached leads for edits, and none that is observed, pending or parked', async () => {
  const device = await aDevice(3);
  await allow(device, quota);
  const page = await device.loadedTab({ autoSync: false });
  const [observed, pending, parked] = [0, 1, 2].map(leadId) as [string, string, string]; // three of three
  device.api.next(403);
  await editIn(page, parked, { properties: { score: 1 } });
  await page.evaluate(() => leadbox.sync());
  await editIn(page, pending, { properties: { score: 2 } });
  await page.evaluate((id) => void leadbox.observe(id).subscribe((state) => state && seen.push(state)), observed);
  for (let index = 0; index < 3; index += 1) {
    const leads = someLeads(450).slice(3 + index * 100, 103 + index * 100);
    const filled = JSON.stringify(leads.map((lead) => ({ ...lead, summary: { notes: noise(10_000) } })));
    await page.evaluate((all) => leadbox.load(JSON.parse(all)), filled);
  }
  expect(await idsIn(page)).toHaveLength(303);

  // A browser counts what was deleted until it tidies up, so that an edit may be refused before one is stored again.
  const outcomes: string[] = [];
  for (let count = 0; count < 20; count += 1) outcomes.push(await bigEdit(page, pending, 300_000));
  const left = await idsIn(page);
  expect(outcomes).toContain('storage-full');
  expect(left.length).toBeLessThan(303);
  expect(left).toEqual(expect.arrayContaining([observed, pending, parked]));
  const states = await page.evaluate((ids) => Promise.all(ids.map((id) => leadbox.get(id))), [pending, parked]);
  expect(states).toMatchObject([{ pending: 1 + outcomes.filter((word) => word === 'stored').length }, { parked: 1 }]);
  expect(await page.evaluate(() => seen.at(-1)?.lead.id)).toBe(observed);
});

it('R48 with nothing to give up, an edit is refused, the view stays, and with room again edits go on', async () => {
  const device = await aDevice(1);
  await allow(device, 1_000_000);
  const page = await device.loadedTab({ autoSync: false });
  await editIn(page, leadId(0), { properties: { score: 1 } });
  const before = await page.evaluate((id) => leadbox.get(id), leadId(0));
  expect(await bigEdit(page, leadId(0), 1_500_000)).toBe('storage-full');
  expect(await page.evaluate((id) => leadbox.get(id), leadId(0))).toEqual(before);
  expect(await page.evaluate(() => leadbox.status())).toMatchObject({ pending: 1, parked: 0 });
  await allow(device, 100_000_000);
  expect(await bigEdit(page, leadId(0), 1_500_000)).toBe('stored');
  expect(await page.evaluate(() => leadbox.status())).toMatchObject({ pending: 2 });
});
