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

test('what was typed offline is taken back as a whole, the last change first, and nothing is sent', async () => {
  const { page, open, field, connection, allOnServer } = await visitDemo(browser, demo.url);
  await connection.click();
  await open(0);
  const before = { city: await field('City').inputValue(), score: await field('Score').inputValue() };
  await field('City').pressSequentially(' and around');
  await field('Score').fill('99');

  const undo = page.getByRole('button', { name: /^Undo/ });
  await eventually(() => undo.textContent()).toBe('Undo Score');
  await undo.focus();
  await page.keyboard.press('Enter');
  await eventually(() => field('Score').inputValue()).toBe(before.score);
  await eventually(() => undo.textContent()).toBe('Undo City');
  expect(await undo.evaluate((button) => button === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  await eventually(() => undo.count()).toBe(0);
  expect(await field('City').inputValue()).toBe(before.city);
  expect(await page.locator(':focus').getAttribute('id')).toBe('lead-title');
  await eventually(() => page.locator('#leadbox-demo > [role="status"]').textContent()).toBe(
    `Undone. City is ${before.city} again.`,
  );
  await allOnServer();
  expect(await demo.edits()).toEqual([]);
});

test('what the server has already is taken back there too, but not over what somebody else made of it', async () => {
  const { page, open, field, onServer, allOnServer } = await visitDemo(browser, demo.url);
  const id = await open(1);
  const before = await field('City').inputValue();
  await field('City').fill('Bergen');
  await allOnServer();
  await field('Country').fill('Norway');
  await allOnServer();
  await demo.world('other-rep', { id, patch: { location: { country: 'Sweden' } } });
  await page.reload();
  await eventually(() => field('Country').inputValue()).toBe('Sweden');
  expect(await page.getByRole('button', { name: /^Undo/ }).count()).toBe(0);

  await field('City').fill('Oslo');
  await allOnServer();
  await page.getByRole('button', { name: 'Undo City' }).click();
  await allOnServer();
  await eventually(() => onServer('City').textContent()).toBe('Bergen');
  expect(before).not.toBe('Bergen');

  await field('City').fill('Oslo');
  await allOnServer();
  await demo.world('other-rep', { id, patch: { location: { city: 'Malmö' } } });
  await field('Score').fill('5'); // its answer tells of the other change
  await allOnServer();
  await eventually(() => field('City').inputValue()).toBe('Malmö');
  await page.getByRole('button', { name: 'Undo Score' }).click();
  await page.getByRole('button', { name: 'Undo City' }).click();
  await eventually(() => page.locator('#leadbox-demo > [role="status"]').textContent()).toBe(
    'Nothing to undo: City was changed by someone else since.',
  );
  expect(await field('City').inputValue()).toBe('Malmö');
});

test('a refused change is nothing to undo: it waits for a decision', async () => {
  const { page, open, field } = await visitDemo(browser, demo.url);
  await open(2);
  await demo.world('fault', { fault: 422 });
  await field('Phone').fill('none');
  await page.locator('.lead-pane .parked').waitFor();
  await eventually(() => page.getByRole('button', { name: /^Undo/ }).count()).toBe(0);
});
