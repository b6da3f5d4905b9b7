import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { serveSite } from '../device/serve-site.ts';
import { startChromium } from '../device/start-chromium.ts';
import type { BenchPage } from './bench-page.ts';

declare const bench: BenchPage;

const leads = 10_000;
const runs = 5;

// In turns in one run of one browser with a profile on disk: only the ratio says something about another machine.
it('takes in 10,000 leads, and tells the changes of a lead with 1,000 pending edits', async () => {
  const profile = await mkdtemp(join(tmpdir(), 'leadbox-bench-'));
  const site = await serveSite({ page: 'bench-page.ts', base: import.meta.url, api: async () => new Response() });
  const { context, kill } = await startChromium(profile);
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(site.origin);
    await page.waitForFunction(() => 'bench' in globalThis);
    const rows = [];
    for (let run = 0; run < runs; run += 1) {
      const raw = await page.evaluate((count) => bench.rawLoad(count), leads);
      const own = await page.evaluate((count) => bench.leadboxLoad(count), leads);
      rows.push({ raw, own, ratio: own / raw, longestTask: await page.evaluate(() => bench.longestTask()) });
    }
    const changes = await page.evaluate(() => bench.changes(1_000));
    console.table(rows);
    const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
    console.log(
      `load: median ${median(rows.map(({ ratio }) => ratio)).toFixed(2)} × raw; ` +
        `longest task: ${Math.max(...rows.map(({ longestTask }) => longestTask))} ms (tasks below 50 ms count as 0); ` +
        `changes: ${changes.toFixed(1)} ms`,
    );
    expect(rows).toHaveLength(runs);
  } finally {
    await kill();
    await site.close();
    await rm(profile, { recursive: true, maxRetries: 10 });
  }
}, 300_000);
