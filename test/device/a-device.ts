import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright';
import { expect, onTestFinished } from 'vitest';
import type { LeadboxOptions } from '../../src/index.ts';
import { createFakeLeadApi, type FakeLeadApi, type FakeLeadRequest } from '../../src/testing.ts';
import { someLeads } from '../builders/a-lead.ts';
import { type Site, serveSite } from './serve-site.ts';
import { startChromium } from './start-chromium.ts';

/** A Chromium with a profile of its own, and the server of its pages. */
export interface Device {
  readonly api: FakeLeadApi;
  readonly site: Site;
  /** The PATCHes that arrived. */
  patches(): readonly FakeLeadRequest[];
  /** What the service worker reported, oldest first. */
  readonly reports: readonly string[];
  /** A request for /api/held is answered when this resolves. */
  held: Promise<void>;
  /** A tab with a leadbox of the name 'leads'; `window.leadbox` when this resolves. */
  tab(options?: TabOptions): Promise<Page>;
  /** The same with the API's leads in its cache. */
  loadedTab(options?: TabOptions): Promise<Page>;
  /** The browser's own controls, which stay when all tabs are closed. */
  readonly devtools: CDPSession;
  /** The controls of one tab. */
  devtoolsOf(page: Page): Promise<CDPSession>;
}

type TabOptions = Pick<LeadboxOptions, 'autoSync' | 'indexes' | 'name' | 'timeout'>;

/** How long a test waits for a condition, in milliseconds: far longer than it ever takes. */
export const patiently = { timeout: 15_000, interval: 20 } as const;

/** Ends with the test. `hasLocks: false`: a browser without Web Locks. */
export async function aDevice(leads = 1, { hasLocks = true } = {}): Promise<Device> {
  const api = createFakeLeadApi({ leads: someLeads(leads) });
  const reports: string[] = [];
  const site = await serveSite({
    ...{ page: 'device-page.ts', scripts: { '/worker.js': 'device-worker.ts' }, base: import.meta.url },
    async api(request) {
      const [, report] = /\/api\/reports\/(.*)$/.exec(request.url) ?? [];
      if (report !== undefined) {
        reports.push(report);
        return new Response();
      }
      if (request.url.endsWith('/api/held')) {
        await device.held;
        return new Response();
      }
      const { method, url, headers } = request;
      const body = await request.text();
      return api.fetch(url, { method, headers, ...(body === '' ? {} : { body }) });
    },
  });
  const profile = await mkdtemp(join(tmpdir(), 'leadbox-device-'));
  const { context, kill } = await startChromium(profile);
  onTestFinished(async () => {
    await kill();
    await site.close();
    await rm(profile, { recursive: true, maxRetries: 10 }); // the last of its processes may still be ending
  });
  if (!hasLocks) await context.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'locks'));
  const blank = context.pages()[0] ?? (await context.newPage());

  const device: Device = {
    ...{ api, site, reports, held: Promise.resolve() },
    patches: () => api.requests.filter(({ method }) => method === 'PATCH'),
    async tab(options = {}) {
      const page = await context.newPage();
      await page.goto(`${site.origin}/#${encodeURIComponent(JSON.stringify({ name: 'leads', ...options }))}`);
      await page.waitForFunction(() => 'leadbox' in globalThis);
      return page;
    },
    async loadedTab(options) {
      const page = await device.tab(options);
      await page.evaluate(() => leadbox.pull());
      return page;
    },
    devtools: await context.newCDPSession(blank),
    devtoolsOf: (page) => context.newCDPSession(page),
  };
  return device;
}

/** What the tab's leadbox says of itself, for `expect`. */
export function statusOf(page: Page) {
  return expect.poll(() => page.evaluate(() => leadbox.status()), patiently);
}

/** Makes an edit in the tab; resolves when it is durable. */
export async function editIn(page: Page, leadId: string, patch: object): Promise<void> {
  await page.evaluate(([id, change]) => leadbox.patch(id, change).then(() => {}), [leadId, patch] as [string, object]);
}
