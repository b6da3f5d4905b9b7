import type { Browser } from 'playwright';
import { afterAll, beforeAll, test } from 'vitest';
import { launchBrowser, visitDemo } from './demo-page.ts';
import { eventually } from './eventually.ts';
import { type RunningDemo, startDemo } from './start-demo.ts';

let browser: Browser;
let demo: RunningDemo;

beforeAll(async () => {
  [browser, demo] = await Promise.all([launchBrowser(), startDemo()]);
});
afterAll(() => Promise.all([browser.close(), demo.close()]));

test('a refused edit leaves the field and is kept with the server’s words, also after a reload', async () => {
  const { page, open, field, summary } = await visitDemo(browser, demo.url);
  await open(0);
  const before = await field('Phone').inputValue();
  await page.getByRole('button', { name: 'Refuse the next edit (422)' }).click();
  await page.getByText('will be refused').waitFor();
  await field('Phone').fill('555-NOT-A-NUMBER');

  const refused = page.locator('.lead-pane').getByRole('list', { name: 'Refused edits' });
  const words =
    'The server refused this edit 422Phone555-NOT-A-NUMBERA rule of this workspace does not allow this value.';
  await eventually(() => refused.textContent()).toBe(words);
  await eventually(() => field('Phone').inputValue()).toBe(before);
  await eventually(() => summary.textContent()).toContain('1 edit refused');
  await page.getByLabel('refused edit', { exact: true }).waitFor();

  await page.reload();
  await eventually(() => refused.textContent()).toBe(words);
  await page.locator('.list-pane').getByText('Refused edits (1)').waitFor();
});
