import { type Browser, chromium, type Locator, type Page } from 'playwright';
import { findChromium } from '../find-chromium.mjs';
import { eventually } from './eventually.ts';

/** What a person sees and uses, by the words on the page. */
export interface DemoPage {
  readonly page: Page;
  readonly connection: Locator;
  readonly summary: Locator;
  readonly rows: Locator;
  /** The current station of the open lead's edits. */
  readonly station: Locator;
  field(label: string): Locator;
  /** The cell of the server's copy. */
  onServer(label: string): Locator;
  /** Opens the row at `index` and gives the lead's id. */
  open(index: number): Promise<string>;
  /** Waits until the page says that nothing waits. */
  allOnServer(): Promise<void>;
}

export function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  return chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
  });
}

export interface Visit {
  readonly width?: number;
  readonly height?: number;
  /** Give the page a touch screen. */
  readonly hasTouch?: boolean;
}

/** A new visitor: nothing on the device yet. Resolves when all leads are. */
export async function visitDemo(browser: Browser, url: string, visit: Visit = {}): Promise<DemoPage> {
  const { width = 1280, height = 800, hasTouch = false } = visit;
  const context = await browser.newContext({ viewport: { width, height }, hasTouch });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  await page.goto(url);
  const rows = page.locator('.lead-list a');
  const { pagination } = (await (await fetch(`${url}/api/v1/leads?limit=1`)).json()) as {
    pagination: { total: number };
  };
  await eventually(() => page.locator('.count').textContent()).toMatch(
    new RegExp(`^${pagination.total.toLocaleString('en')} leads?$`),
  );
  const form = page.getByRole('form', { name: 'Lead' });
  const summary = page.locator('.summary');

  return {
    ...{ page, rows, summary },
    connection: page.getByRole('switch', { name: 'Connection' }),
    station: page.locator('.trail [aria-current]'),
    field: (label) => form.getByLabel(label, { exact: true }),
    onServer: (label) => page.getByRole('row', { name: new RegExp(`^${label}\\b`) }).locator('td:last-child'),
    async open(index) {
      const row = rows.nth(index);
      const id = await row.getAttribute('data-lead');
      await row.click();
      await page.locator(`.lead-list [data-lead="${id}"][aria-current]`).waitFor({ state: 'attached' });
      await form.waitFor();
      return String(id);
    },
    async allOnServer() {
      // The open lead counts an edit that is still being stored, the header one that is stored.
      await eventually(() => page.locator('.trail[data-at="device"], .trail[data-at="way"]').count()).toBe(0);
      await eventually(() => summary.textContent()).toContain('Everything is on the server');
    },
  };
}

/** Waits until the page opens without a network from now on. */
export async function keptOnDevice(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready);
}
