import type { Browser } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DemoPage, keptOnDevice, launchBrowser, visitDemo } from './demo-page.ts';
import { eventually } from './eventually.ts';
import { type RunningDemo, startDemo } from './start-demo.ts';

let browser: Browser;
let demo: RunningDemo;
let visitor: DemoPage;

beforeAll(async () => {
  browser = await launchBrowser();
});
beforeEach(async () => {
  demo = await startDemo();
  visitor = await visitDemo(browser, demo.url);
});
afterEach(async () => {
  await visitor.page.context().close();
  await demo.close();
});
afterAll(() => browser.close());

/** Edits of two leads, in this order: city of the first, name of the second, score of the first. */
async function editTwoLeads() {
  const first = await visitor.open(0);
  await visitor.field('City').fill('Bergen');
  const second = await visitor.open(1);
  await visitor.field('Name').fill('Ada Renamed');
  await visitor.open(0);
  await visitor.field('Score').fill('77');
  await eventually(() => visitor.station.textContent()).toBe('Saved on this device2 edits');
  await eventually(() => visitor.station.getAttribute('aria-busy')).toBe('false');
  await eventually(() => visitor.summary.textContent()).toContain('3 edits wait');
  return { first, second };
}

/** After a reload: what was typed is there, though nothing was sent. */
async function expectEditsKept() {
  await eventually(() => visitor.field('City').inputValue()).toBe('Bergen');
  expect(await visitor.field('Score').inputValue()).toBe('77');
  await eventually(() => visitor.summary.textContent()).toContain('3 edits wait for a connection');
  await eventually(() => visitor.page.getByLabel('not sent yet').count()).toBe(2);
}

async function expectArrived({ first, second }: { first: string; second: string }) {
  await visitor.allOnServer();
  await eventually(() => visitor.station.textContent()).toBe('On the server');
  await eventually(() => visitor.onServer('City').textContent()).toBe('Bergen');
  expect(await visitor.onServer('Score').textContent()).toBe('77');
  expect(await visitor.page.getByLabel('not sent yet').count()).toBe(0);
  const edits = await demo.edits();
  expect(edits.map(({ leadId, body }) => ({ leadId, body }))).toEqual([
    // Nothing was attempted while the page knew that it was offline, so that the edits of a lead fold.
    { leadId: first, body: { location: { city: 'Bergen' }, properties: { score: 77 } } },
    { leadId: second, body: { properties: { name: 'Ada Renamed' } } },
  ]);
}

test('edits made with the switch off survive a reload and reach the server in order', async () => {
  await visitor.connection.click();
  const leads = await editTwoLeads();
  await visitor.page.reload();
  await eventually(() => visitor.connection.getAttribute('aria-checked')).toBe('false');
  await expectEditsKept();
  expect(await demo.edits()).toEqual([]);

  await visitor.connection.click();
  await expectArrived(leads);
});

test('edits made with the browser offline survive a reload that the service worker answers', async () => {
  await keptOnDevice(visitor.page);
  await visitor.page.context().setOffline(true);
  const leads = await editTwoLeads();
  const reloaded = await visitor.page.reload();
  expect(reloaded?.fromServiceWorker()).toBe(true);
  await expectEditsKept();

  await visitor.page.context().setOffline(false);
  await expectArrived(leads);
});

test('edits made while there is no server at all survive a reload and arrive when it is back', async () => {
  await keptOnDevice(visitor.page);
  await demo.close();
  const leads = await editTwoLeads();
  await visitor.page.reload();
  await eventually(() => visitor.field('City').inputValue()).toBe('Bergen');
  expect(await visitor.field('Score').inputValue()).toBe('77');
  await eventually(() => visitor.summary.textContent()).toMatch(/edits wait for a connection\s*next try in/);

  demo = await startDemo({ PORT: String(demo.port) });
  await visitor.allOnServer();
  await eventually(() => visitor.onServer('City').textContent()).toBe('Bergen');
  const edits = await demo.edits();
  const bodiesOf = (id: string) => edits.flatMap(({ leadId, body }) => (leadId === id ? [body] : []));
  expect(bodiesOf(leads.first)).toEqual([{ location: { city: 'Bergen' } }, { properties: { score: 77 } }]);
  expect(bodiesOf(leads.second)).toEqual([{ properties: { name: 'Ada Renamed' } }]);
});

test('the switch tears off a request that is under way, and its edit stays on the device', async () => {
  await demo.world('latency', { milliseconds: 10_000 });
  await visitor.open(0);
  await visitor.field('City').fill('Bergen');
  await eventually(async () => (await demo.edits()).length).toBe(1);
  await eventually(() => visitor.station.textContent()).toContain('On its way');

  await visitor.connection.click();
  await eventually(() => visitor.station.textContent()).toBe('Saved on this device1 edit');
  await demo.world('latency', { milliseconds: 0 });
  await visitor.connection.click();
  await visitor.allOnServer();
  await eventually(() => visitor.onServer('City').textContent()).toBe('Bergen');
});

test('a lost answer and a server that fails twice delay an edit without losing or doubling it', async () => {
  await visitor.open(0);
  await visitor.page.getByRole('button', { name: 'Lose the next answer' }).click();
  await visitor.page.getByText('its answer gets lost').waitFor();
  await visitor.field('City').fill('Bergen');
  await eventually(async () => (await demo.edits()).length).toBe(2);
  await visitor.allOnServer();

  await visitor.page.getByRole('button', { name: 'Server answers 503 to the next 2' }).click();
  await visitor.page.getByText('will be answered 503').waitFor();
  await visitor.field('Country').fill('Norway');
  await eventually(() => visitor.summary.textContent()).toContain('next try in 0:');
  await visitor.allOnServer();
  const edits = await demo.edits();
  expect(edits.map(({ body }) => body)).toEqual([
    ...[1, 2].map(() => ({ location: { city: 'Bergen' } })),
    ...[1, 2, 3].map(() => ({ location: { country: 'Norway' } })),
  ]);
});

test('what another rep changed arrives at once, and the field being edited stays', async () => {
  await visitor.connection.click();
  const id = await visitor.open(0);
  await visitor.field('Notes').fill('Mine');
  await demo.world('other-rep', { id, patch: { summary: { notes: 'Theirs' }, location: { city: 'Bergen' } } });
  await visitor.connection.click();
  await visitor.allOnServer();
  await eventually(() => visitor.field('City').inputValue()).toBe('Bergen');
  expect(await visitor.field('Notes').inputValue()).toBe('Mine');
  await eventually(() => visitor.onServer('Notes').textContent()).toBe('Mine');
});
