import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DemoPage, launchBrowser, visitDemo } from './demo-page.ts';
import { eventually } from './eventually.ts';
import { type RunningDemo, startDemo } from './start-demo.ts';

let browser: Browser;
let demo: RunningDemo;

beforeAll(async () => {
  [browser, demo] = await Promise.all([launchBrowser(), startDemo()]);
});
afterAll(() => Promise.all([browser.close(), demo.close()]));

/** Opens the lead at `index` and has the server refuse `text` as its phone number. */
async function refusedPhone({ page, open, field }: DemoPage, index: number, text: string) {
  await open(index);
  const before = await field('Phone').inputValue();
  await page.getByRole('button', { name: 'Refuse the next edit (422)' }).click();
  await page.getByText('will be refused').waitFor();
  await field('Phone').fill(text);
  const notice = page.locator('.lead-pane').getByRole('article', { name: /^Phone: The server refused this edit 422/ });
  await notice.waitFor();
  return { before, notice };
}

const spoken = ({ page }: DemoPage) => page.locator('#leadbox-demo > [role="status"]');

test('a refused edit leaves the field and is kept with the server’s words, also after a reload', async () => {
  const visitor = await visitDemo(browser, demo.url);
  const { page, field, summary, station } = visitor;
  const { before, notice } = await refusedPhone(visitor, 0, '555-NOT-A-NUMBER');

  const expectKept = async () => {
    await eventually(() => notice.locator('blockquote').textContent()).toBe(
      'A rule of this workspace does not allow this value.',
    );
    expect(await notice.getByLabel('Phone', { exact: true }).inputValue()).toBe('555-NOT-A-NUMBER');
  };
  await expectKept();
  await eventually(() => field('Phone').inputValue()).toBe(before);
  await eventually(() => summary.textContent()).toContain('1 edit to decide');
  await eventually(() => station.textContent()).toBe('Saved on this device1 edit to decide');
  await page.locator('.lead-list').getByLabel('needs your decision').waitFor();

  await page.reload();
  await expectKept();
  await page.locator('.list-pane').getByText('To decide (1)').waitFor();
});

test('a refused value is corrected in its place and sent again, by keyboard', async () => {
  const visitor = await visitDemo(browser, demo.url);
  const { page, field, allOnServer, onServer } = visitor;
  const { notice } = await refusedPhone(visitor, 1, 'none');
  const value = notice.getByLabel('Phone', { exact: true });
  await value.focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('555-0142');
  await notice.getByRole('button', { name: 'Send corrected: Phone' }).waitFor();
  await page.keyboard.press('Enter');

  await allOnServer();
  await eventually(() => onServer('Phone').textContent()).toBe('555-0142');
  expect(await field('Phone').inputValue()).toBe('555-0142');
  expect(await notice.count()).toBe(0);
  expect(await page.locator(':focus').getAttribute('id')).toBe('lead-title');
  await eventually(() => spoken(visitor).textContent()).toBe('Phone is sent again.');
});

test('what is refused again waits again, and what is discarded is gone', async () => {
  const visitor = await visitDemo(browser, demo.url);
  const { page, allOnServer, field } = visitor;
  const { before, notice } = await refusedPhone(visitor, 2, 'none');
  const received = (await demo.edits()).length;
  await notice.getByRole('button', { name: 'Try again: Phone' }).click();
  await eventually(async () => (await demo.edits()).length).toBe(received + 1);
  await notice.waitFor();
  expect(await notice.getByLabel('Phone', { exact: true }).inputValue()).toBe('none');

  await notice.getByRole('button', { name: 'Discard: Phone' }).focus();
  await page.keyboard.press('Space');
  await allOnServer();
  expect(await notice.count()).toBe(0);
  expect(await field('Phone').inputValue()).toBe(before);
  expect(await page.locator(':focus').getAttribute('id')).toBe('lead-title');
  await eventually(() => spoken(visitor).textContent()).toBe('Your edit of Phone is discarded.');
});

test('letters that were refused one by one are one change to decide, and the focus goes on to the next', async () => {
  const visitor = await visitDemo(browser, demo.url);
  const { page, open, field, allOnServer } = visitor;
  await demo.world('latency', { milliseconds: 50 });
  await open(3);
  const notices = page.locator('.lead-pane .parked');
  await demo.world('fault', { fault: 422 });
  await field('City').pressSequentially('Xyz');
  await eventually(() => notices.count()).toBe(1);
  await eventually(() => notices.locator('small').textContent()).toBe('typed in 3 edits');
  await demo.world('fault', { fault: 403 });
  await field('Country').fill('Nowhere');
  await eventually(() => notices.count()).toBe(2);

  await page.locator('.list-pane').getByText('To decide (4)').waitFor();
  await notices.first().getByRole('button', { name: 'Discard: City' }).focus();
  await page.keyboard.press('Enter');
  await eventually(() => notices.count()).toBe(1);
  expect(await page.locator(':focus').evaluate((element) => element.textContent)).toContain('Country');
  await notices.getByRole('button', { name: 'Try again: Country' }).click();
  await allOnServer();
  expect((await demo.edits()).at(-1)?.body).toEqual({ location: { country: 'Nowhere' } });
  await demo.world('latency', { milliseconds: 0 });
});

test.each([
  ['mine', 'Bergen'],
  ['theirs', 'To be checked'],
])('of two values for the same field one chooses: %s', async (whose, expected) => {
  const { page, open, field, allOnServer, onServer } = await visitDemo(browser, demo.url);
  await open(whose === 'mine' ? 4 : 5);
  await field('City').fill('');
  await allOnServer();
  await page.getByRole('button', { name: 'Be second in the same field (409)' }).click();
  await page.getByText('another rep will have been quicker').waitFor();
  await field('City').fill('Bergen');

  const notice = page.locator('.lead-pane').getByRole('article', { name: /^City: Someone else/ });
  await eventually(() => notice.locator('dd').allTextContents()).toEqual(['City', 'empty', 'Bergen', 'To be checked']);
  expect(await field('City').inputValue()).toBe('To be checked');
  await notice.getByRole('button', { name: `Keep ${whose}: City` }).click();
  await allOnServer();
  await eventually(() => onServer('City').textContent()).toBe(expected);
  expect(await field('City').inputValue()).toBe(expected);
  expect(await notice.count()).toBe(0);
});

test('of another lead one decides from the list', async () => {
  const visitor = await visitDemo(browser, demo.url);
  const { page, open, allOnServer } = visitor;
  await refusedPhone(visitor, 6, 'none');
  await open(7);
  const notice = page.locator('.list-pane').getByRole('article');
  expect(await notice.getByRole('textbox').count()).toBe(0);
  await notice.getByRole('button', { name: 'Discard: Phone' }).click();
  await allOnServer();
  expect(await page.locator(':focus').evaluate((element) => element.matches('.lead-list a'))).toBe(true);
});
