import type { Browser } from 'playwright';
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

test('a pause that the server asks for is told with its end, and kept', async () => {
  const { page, open, field, summary, allOnServer } = await visitDemo(browser, demo.url);
  await open(0);
  await page.getByRole('button', { name: 'Ask for a pause (429)' }).click();
  await page.getByText('to come later').waitFor();
  const before = (await demo.edits()).length;
  await field('City').fill('Bergen');
  await eventually(() => summary.textContent()).toMatch(
    /1 edit waits because the server asked for a pause\s*next try in 0:0\d/,
  );
  expect((await demo.edits()).length).toBe(before + 1);
  await allOnServer();
  expect((await demo.edits()).length).toBe(before + 2);
});

test('an expired session stops sending until one says that one is signed in again', async () => {
  const { page, open, field, summary, allOnServer, onServer } = await visitDemo(browser, demo.url);
  await open(1);
  await page.getByRole('button', { name: 'Expire the session (401)' }).click();
  await page.getByText('the session expired').waitFor();
  await field('City').fill('Bergen');
  await eventually(() => summary.textContent()).toContain('1 edit waits for you to sign in again');
  await page.getByRole('button', { name: 'I am signed in again' }).click();
  await allOnServer();
  await eventually(() => onServer('City').textContent()).toBe('Bergen');
});
