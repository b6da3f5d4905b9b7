import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, visitDemo } from './demo-page.ts';
import { eventually } from './eventually.ts';
import { type RunningDemo, startDemo } from './start-demo.ts';

let browser: Browser;
let demo: RunningDemo;

beforeAll(async () => {
  [browser, demo] = await Promise.all([launchBrowser(), startDemo({ LEADS: '1200' })]);
});
afterAll(() => Promise.all([browser.close(), demo.close()]));

test('search finds parts of name, company and email, whatever the case', async () => {
  const { page, rows } = await visitDemo(browser, demo.url);
  const count = page.locator('.count');
  const search = page.getByRole('searchbox');

  await search.fill('ADA ash');
  await eventually(() => rows.first().locator('.row-name').textContent()).toBe('Ada Ashby');
  const names = await rows.locator('.row-name').allTextContents();
  expect(new Set(names)).toEqual(new Set(['Ada Ashby']));
  expect(await count.textContent()).toBe(`${names.length} leads`);

  await search.fill('zoe.young@example');
  await eventually(() => rows.first().locator('.row-name').textContent()).toBe('Zoe Young');
  await search.fill('harbor');
  await eventually(() => rows.first().locator('.row-place').textContent()).toContain('Harbor Tools');
  await search.fill('nobody at all');
  await page.getByText('No lead matches.').waitFor();
});

test('the status filter leaves leads of that status, and an edit moves a lead out of it', async () => {
  const { page, rows, open, field } = await visitDemo(browser, demo.url);
  await page.getByRole('search').getByLabel('Status').selectOption('won');
  await eventually(async () => new Set(await rows.locator('.status-mark').allTextContents())).toEqual(new Set(['won']));
  const count = page.locator('.count');
  const before = Number.parseInt((await count.textContent()) ?? '', 10);
  expect(before).toBeGreaterThan(20);
  await open(0);
  await field('Status').selectOption('lost');
  await eventually(() => count.textContent()).toBe(`${before - 1} leads`);
});

test('only the rows near the visible ones exist, and arrows and End reach every one', async () => {
  const { page, rows } = await visitDemo(browser, demo.url);
  expect(await rows.count()).toBeLessThan(40);
  const focused = () => page.evaluate(() => document.activeElement?.closest('li')?.getAttribute('aria-posinset'));

  await rows.first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  expect(await focused()).toBe('3');
  await page.keyboard.press('End');
  await eventually(focused).toBe('1200');
  expect(await rows.count()).toBeLessThan(40);
  await page.keyboard.press('PageUp');
  await eventually(focused).toBe('1192');
  await page.keyboard.press('Home');
  await eventually(focused).toBe('1');
  expect(await page.locator('.lead-list a[tabindex="0"]').count()).toBe(1);
});
