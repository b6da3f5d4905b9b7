import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, visitDemo } from './demo-page.ts';
import { eventually } from './eventually.ts';
import { type RunningDemo, startDemo } from './start-demo.ts';

let browser: Browser;
let demo: RunningDemo;

beforeAll(async () => {
  [browser, demo] = await Promise.all([launchBrowser(), startDemo()]);
});
afterAll(() => Promise.all([browser.close(), demo.close()]));

/** Presses Tab until `isThere`, as someone without a mouse does. */
async function tabTo(page: Page, isThere: (element: Element) => boolean | undefined) {
  for (let press = 0; press < 30; press += 1) {
    await page.keyboard.press('Tab');
    if (await page.locator(':focus').evaluate(isThere)) return;
  }
  throw new Error('Tab does not lead there.');
}

test('on a phone the keyboard alone leads from the list into a lead, through an offline edit, and back', async () => {
  const { page, connection, rows, field, allOnServer } = await visitDemo(browser, demo.url, {
    width: 390,
    height: 844,
  });
  await tabTo(page, (element) => element.role === 'switch' || element.getAttribute('role') === 'switch');
  await page.keyboard.press('Space');
  await eventually(() => connection.getAttribute('aria-checked')).toBe('false');

  await tabTo(page, (element) => element.matches('.lead-list a'));
  await page.keyboard.press('ArrowDown');
  const name = await rows.nth(1).locator('.row-name').textContent();
  await page.keyboard.press('Enter');
  await eventually(() => page.locator(':focus').textContent()).toBe(name);
  expect(await page.locator(':focus').evaluate((element) => element.tagName)).toBe('H2');
  expect(await page.getByRole('searchbox').isVisible()).toBe(false);

  await tabTo(page, (element) => element.closest('[data-field="notes"]') !== null);
  await page.keyboard.press('Control+End');
  await page.keyboard.type(' Typed by thumb.');
  expect(await field('Notes').inputValue()).toMatch(/ Typed by thumb\.$/);

  await page.getByText('All leads').focus();
  await page.keyboard.press('Enter');
  await eventually(() => page.locator(':focus .row-name').textContent()).toBe(name);
  expect(await field('Notes').isVisible()).toBe(false);
  await rows.nth(1).getByLabel('not sent yet').waitFor();

  await connection.focus();
  await page.keyboard.press('Space');
  await allOnServer();
  expect((await demo.edits()).at(-1)?.body.summary?.notes).toMatch(/ Typed by thumb\.$/);
});

test('on a phone nothing is wider than the screen, and what a thumb presses is large enough', async () => {
  const { page, open, field } = await visitDemo(browser, demo.url, { width: 360, height: 640, hasTouch: true });
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(await overflow()).toBeLessThanOrEqual(0);
  await open(0);
  expect(await overflow()).toBeLessThanOrEqual(0);
  for (const [label, fault] of [
    ['Phone', 422],
    ['Notes', 409],
  ] as const) {
    await demo.world('fault', { fault });
    await field(label).fill('x'.repeat(80));
    await page.locator('.lead-pane .parked').getByText(label, { exact: true }).waitFor();
  }
  await field('Company').fill(`${'y'.repeat(40)} and ${'z'.repeat(40)}`);
  await page.getByRole('button', { name: 'Undo Company' }).waitFor();
  expect(await overflow()).toBeLessThanOrEqual(0);
  const controls = page.locator('.lead-pane :is(input, select, textarea, button, .back), .side-pane summary');
  for (const box of await Promise.all((await controls.all()).map((control) => control.boundingBox()))) {
    expect(box?.height).toBeGreaterThanOrEqual(43.5);
  }
});

test('the back button of the device leads from a lead to the list', async () => {
  const { page, open, rows } = await visitDemo(browser, demo.url, { width: 390, height: 844 });
  const id = await open(3);
  expect(page.url()).toContain(id);
  await page.goBack();
  await eventually(() => rows.nth(3).isVisible()).toBe(true);
  await eventually(() => page.locator(':focus').getAttribute('data-lead')).toBe(id);
});
