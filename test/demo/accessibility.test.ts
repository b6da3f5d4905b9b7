import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contrastFlaws } from './contrast-flaws.ts';
import { launchBrowser, visitDemo } from './demo-page.ts';
import { eventually } from './eventually.ts';
import { type RunningDemo, startDemo } from './start-demo.ts';

let browser: Browser;
let demo: RunningDemo;

beforeAll(async () => {
  [browser, demo] = await Promise.all([launchBrowser(), startDemo()]);
});
afterAll(() => Promise.all([browser.close(), demo.close()]));

test('every control has a name, and there are one h1, one main, one banner and a search', async () => {
  const { page, open } = await visitDemo(browser, demo.url);
  await open(0);
  expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
  for (const landmark of ['main', 'banner', 'search'] as const) expect(await page.getByRole(landmark).count()).toBe(1);
  expect(await page.getByRole('complementary', { name: 'The server’s side' }).count()).toBe(1);
  expect(await page.locator('html').getAttribute('lang')).toBe('en');

  const nameless = await page
    .locator('input, select, textarea')
    .evaluateAll((controls) =>
      controls.flatMap((control) => ((control as HTMLInputElement).labels?.length ? [] : [control.outerHTML])),
    );
  expect(nameless).toEqual([]);
  const silent = await page
    .locator('button, a, summary')
    .evaluateAll((elements) =>
      elements.flatMap((element) =>
        element.textContent?.trim() || element.getAttribute('aria-label') ? [] : [element.outerHTML],
      ),
    );
  expect(silent).toEqual([]);
  const ids = await page.locator('[id]').evaluateAll((elements) => elements.map(({ id }) => id));
  expect(ids.length).toBe(new Set(ids).size);
});

test('headings go down by one level at a time', async () => {
  const { page, open } = await visitDemo(browser, demo.url);
  await open(0);
  const levels = await page
    .locator('h1, h2, h3, h4')
    .evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])));
  expect(levels[0]).toBe(1);
  for (const [index, level] of levels.entries()) expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1);
});

test('whatever has the focus shows it', async () => {
  const { page, open } = await visitDemo(browser, demo.url);
  await open(0);
  const seen = new Set<string>();
  for (;;) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const { activeElement: element } = document;
      return element && element !== document.body
        ? { what: element.outerHTML.slice(0, 120), outline: getComputedStyle(element).outlineStyle }
        : undefined;
    });
    if (!focused || seen.has(focused.what)) break; // behind the last one is the browser's own, or the first again
    seen.add(focused.what);
    expect(focused.outline, focused.what).toBe('solid');
  }
  expect(seen.size).toBeGreaterThan(15);
});

test('a screen reader is told how synchronisation stands, once', async () => {
  const { page, open, field, connection } = await visitDemo(browser, demo.url);
  const told = page.locator('.app > [role="status"]');
  await connection.click();
  await open(0);
  await field('City').pressSequentially('Bergen');
  await eventually(() => told.textContent()).toBe('Edits are saved on this device and wait for a connection.');
  expect(await page.getByRole('timer').evaluate((timer) => timer.closest('[aria-live], [role="status"]'))).toBeNull();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`all text stands out from its background, ${colorScheme}`, async () => {
    const { page, open, field, connection } = await visitDemo(browser, demo.url);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await open(0);
    await page.getByRole('cell', { name: 'Ada Ashby' }).first().waitFor();
    expect(await page.evaluate(contrastFlaws, 4.5)).toEqual([]);
    await connection.click();
    await field('Name').fill('Changed');
    await page.locator('[data-differs="true"]').waitFor();
    expect(await page.evaluate(contrastFlaws, 4.5)).toEqual([]);
    await connection.click();
  });
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`edits to decide have names and stand out too, ${colorScheme}`, async () => {
    const { page, open, field } = await visitDemo(browser, demo.url);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await open(colorScheme === 'light' ? 1 : 2);
    const notices = page.locator('.lead-pane .parked');
    for (const [index, [label, fault]] of (
      [
        ['Phone', 422],
        ['City', 409],
        ['Notes', 403],
      ] as const
    ).entries()) {
      await demo.world('fault', { fault });
      await field(label).fill('555');
      await eventually(() => notices.count()).toBe(index + 1);
    }
    expect(await page.evaluate(contrastFlaws, 4.5)).toEqual([]);
    const buttons = page.locator('.lead-pane .parked button');
    expect(await buttons.evaluateAll((all) => all.map((button) => button.ariaLabel))).toEqual([
      ...['Try again: Phone', 'Discard: Phone', 'Keep mine: City', 'Keep theirs: City'],
      ...['Try again: Notes', 'Discard: Notes'],
    ]);
    expect(await notices.getByRole('textbox', { name: 'Phone' }).count()).toBe(1);
    // The panes scroll, the page does not.
    expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBeLessThanOrEqual(0);
    const ids = await page.locator('[id]').evaluateAll((elements) => elements.map(({ id }) => id));
    expect(ids.length).toBe(new Set(ids).size);
  });
}

test('with reduced motion nothing moves by itself', async () => {
  const { page, open } = await visitDemo(browser, demo.url);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(0);
  const moving = await page.locator('*').evaluateAll((elements) =>
    elements.flatMap((element) =>
      [null, '::before', '::after'].flatMap((part) => {
        const { transitionDuration, animationName } = getComputedStyle(element, part);
        return /[1-9]/.test(transitionDuration) || animationName !== 'none' ? [element.className] : [];
      }),
    ),
  );
  expect(moving).toEqual([]);
});
