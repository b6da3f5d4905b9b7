import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { createSeededRandom } from '../../src/testing/seeded-random.ts';
import { createFakeLeadApi, createSampleLeads, type FakeLeadApi } from '../../src/testing.ts';
import { type Site, serveSite } from '../device/serve-site.ts';
import { type RunningChromium, startChromium } from '../device/start-chromium.ts';
import type { CrashPage, CrashPageOptions } from './crash-page.ts';
import { createSlowRoad, type SlowRoad } from './slow-road.ts';
import type { MadeEdit } from './verdict.ts';

/** A device whose browser is killed and started again over one profile, while its server lives on. */
export interface CrashDevice {
  readonly api: FakeLeadApi;
  readonly site: Site;
  readonly road: SlowRoad;
  /** Every edit that a page said had resolved, in all lives of the browser. */
  readonly made: readonly MadeEdit[];
  /** Opens a tab, in a new browser if there is none; with `autoSync: false` it sends nothing. */
  open(autoSync: boolean): Promise<CrashTab>;
  kill(): Promise<void>;
  /** As if the kill had come in the middle of writing a record: the browser's log ends with a header and nothing more. */
  tearLog(): Promise<void>;
  /** Resolves when the `count`th edit from now on was reported. */
  reported(count: number): Promise<void>;
  close(): Promise<void>;
}

export interface CrashTab {
  ask<K extends keyof CrashPage>(
    word: K,
    ...given: Parameters<CrashPage[K]>
  ): Promise<Awaited<ReturnType<CrashPage[K]>>>;
  close(): Promise<void>;
}

export async function aCrashDevice(seed: number, idempotencyHeader?: string): Promise<CrashDevice> {
  const api = createFakeLeadApi({
    leads: createSampleLeads(8).map((lead) => ({ ...lead, summary: {} })),
    ...(idempotencyHeader === undefined ? {} : { idempotencyHeader }),
  });
  const road = createSlowRoad(api, createSeededRandom(seed));
  const site = await serveSite({ page: 'crash-page.ts', base: import.meta.url, api: road.handle });
  const profile = await mkdtemp(join(tmpdir(), 'leadbox-crash-'));
  const made: MadeEdit[] = [];
  const waiting = new Set<() => void>();
  let running: RunningChromium | undefined;

  const listen = async (page: Page) => {
    const devtools = await page.context().newCDPSession(page);
    devtools.on('Runtime.bindingCalled', ({ payload }) => {
      made.push(JSON.parse(payload) as MadeEdit);
      for (const look of waiting) look();
    });
    await devtools.send('Runtime.enable');
    await devtools.send('Runtime.addBinding', { name: 'report' });
  };

  return {
    ...{ api, site, road, made },
    async open(autoSync) {
      running ??= await startChromium(profile);
      const page = await running.context.newPage();
      await listen(page);
      const options: CrashPageOptions = {
        ...{ name: 'crash', autoSync, timeout: 500 },
        ...(idempotencyHeader === undefined ? {} : { idempotencyHeader }),
      };
      await page.goto(`${site.origin}/#${encodeURIComponent(JSON.stringify(options))}`);
      return {
        // The page has what CrashPage says; Playwright carries arguments and results as JSON does.
        ask: (word, ...given) =>
          page.evaluate<unknown, readonly [string, readonly unknown[]]>(
            ([name, values]) => {
              const { page: answering } = window as unknown as { page: Record<string, (...of: unknown[]) => unknown> };
              return answering[name]?.(...values);
            },
            [word, given],
          ) as never,
        close: () => page.close(),
      };
    },
    async kill() {
      const killed = running?.kill();
      running = undefined;
      road.strand(3_000); // later than the next start, earlier than the library's fences fall
      await killed;
    },
    async tearLog() {
      const folder = join(profile, 'Default', 'IndexedDB');
      const files = await readdir(folder, { recursive: true });
      const [log] = files
        .filter((file) => file.endsWith('.log'))
        .sort()
        .reverse();
      if (!log) throw new Error(`There is no log of LevelDB to tear in ${folder}.`);
      // Checksum, length, type: a whole record of 201 bytes, of which not one was written.
      await appendFile(join(folder, log), Buffer.from([1, 2, 3, 4, 201, 0, 1]));
    },
    reported(count) {
      const enough = made.length + count;
      return new Promise((resolve) => {
        const look = () => {
          if (made.length < enough) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
      });
    },
    async close() {
      await running?.kill();
      await site.close();
      await rm(profile, { recursive: true, maxRetries: 10 }); // the last of its processes may still be ending
    },
  };
}
