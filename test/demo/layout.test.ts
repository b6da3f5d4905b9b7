import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, visitDemo } from './demo-page.ts';
import { type RunningDemo, startDemo } from './start-demo.ts';

let browser: Browser;
let demo: RunningDemo;

beforeAll(async () => {
  [browser, demo] = await Promise.all([launchBrowser(), startDemo()]);
});
afterAll(() => Promise.all([browser.close(), demo.close()]));

test.each([
  ['a tablet', 820, 1100],
  ['a small window', 1000, 600],
  ['a phone', 390, 844],
  ['a phone on its side', 844, 390],
])('on %s the server’s side is below the form, and all of it can be scrolled to', async (_, width, height) => {
  const { page, open } = await visitDemo(browser, demo.url, { width, height });
  await open(1);
  const facts = page.locator('.facts');
  const side = page.locator('.side-pane');
  await facts.scrollIntoViewIfNeeded();
  const [above, below] = await Promise.all([facts.boundingBox(), side.boundingBox()]);
  expect((above?.y ?? 0) + (above?.height ?? 0)).toBeLessThan(below?.y ?? 0);
  await page.getByText('Try it').click();
  const last = page.getByRole('button', { name: 'Slow server' });
  await last.scrollIntoViewIfNeeded();
  const box = await last.boundingBox();
  expect((box?.y ?? height) + (box?.height ?? 0)).toBeLessThanOrEqual(height);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
});

test('on a desktop the list, the form and the server’s side stand next to each other', async () => {
  const { page, open } = await visitDemo(browser, demo.url);
  await open(1);
  const boxes = await Promise.all(
    ['.list-pane', '.lead-pane', '.side-pane'].map((pane) => page.locator(pane).boundingBox()),
  );
  const [list, lead, side] = boxes.map((box) => ({ left: box?.x ?? 0, right: (box?.x ?? 0) + (box?.width ?? 0) }));
  expect(lead?.left).toBeGreaterThanOrEqual(list?.right ?? Number.NaN);
  expect(side?.left).toBeGreaterThanOrEqual(lead?.right ?? Number.NaN);
});
