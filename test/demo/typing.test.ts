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

test('typing in the middle of a text keeps the caret while slow answers come in', async () => {
  const { page, open, field, allOnServer, onServer } = await visitDemo(browser, demo.url);
  await demo.world('latency', { milliseconds: 60 });
  await open(0);
  const notes = field('Notes');
  await notes.fill('Begin. End.');
  await allOnServer();
  // Every text that is ever shown, frame by frame.
  await notes.evaluate((element) => {
    const shown: string[] = [];
    const look = () => {
      const { value } = element as HTMLTextAreaElement;
      if (shown.at(-1) !== value) shown.push(value);
      requestAnimationFrame(look);
    };
    look();
    Object.assign(window, { shown });
  });

  await notes.evaluate((element) => (element as HTMLTextAreaElement).setSelectionRange(6, 6));
  const words = ' They want twelve of them, delivered in May.';
  for (const [index, letter] of [...words].entries()) {
    const before = (await demo.edits()).length;
    await page.keyboard.type(letter);
    expect(await notes.evaluate((element) => (element as HTMLTextAreaElement).selectionStart)).toBe(7 + index);
    // Wait now and then for a request, so that answers come in the middle of words.
    if (index % 8 === 0) await eventually(async () => (await demo.edits()).length).toBeGreaterThan(before);
  }
  const whole = `Begin.${words} End.`;
  expect(await notes.inputValue()).toBe(whole);
  await allOnServer();
  await eventually(() => onServer('Notes').textContent()).toBe(whole);
  expect(await notes.evaluate((element) => (element as HTMLTextAreaElement).selectionStart)).toBe(6 + words.length);

  const shown = await page.evaluate(() => (window as unknown as { shown: string[] }).shown);
  expect(shown).toEqual([...shown].sort((one, other) => one.length - other.length));
  expect((await demo.edits()).length).toBeGreaterThan(3);
});

test('a letter that a number cannot hold moves no caret and is no edit', async () => {
  const { page, open, field, allOnServer } = await visitDemo(browser, demo.url);
  await open(2);
  const score = field('Score');
  await score.fill('42');
  await allOnServer();
  const before = (await demo.edits()).length;
  await score.evaluate((element) => (element as HTMLInputElement).setSelectionRange(1, 1));
  await page.keyboard.type('x');
  expect(await score.inputValue()).toBe('42');
  expect(await score.evaluate((element) => (element as HTMLInputElement).selectionStart)).toBe(1);
  await page.keyboard.type('7');
  expect(await score.inputValue()).toBe('472');
  await allOnServer();
  expect((await demo.edits()).slice(before).map(({ body }) => body)).toEqual([{ properties: { score: 472 } }]);
});

test('an emptied field is cleared on the server', async () => {
  const { open, field, allOnServer } = await visitDemo(browser, demo.url);
  await open(3);
  await field('Email').fill('');
  await allOnServer();
  expect((await demo.edits()).at(-1)?.body).toEqual({ properties: { email: null } });
});
