import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BenchBrowser, startBenchBrowser } from './chromium.ts';
import { benchRow, measureHeap } from './measure.ts';
import { rows } from './rows/rows.ts';
import { type BenchServer, serve } from './serve.ts';
import { table } from './table.ts';

let profile = '';
let server: BenchServer;
let browser: BenchBrowser;
const wanted = process.env.ROW?.split(',');
const isWanted = (row: string) => !wanted || wanted.includes(row);

beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), 'leadbox-bench-'));
  server = await serve('page/page.ts');
  browser = await startBenchBrowser(profile);
}, 60_000);

afterAll(async () => {
  await browser.close();
  await server.close();
  await rm(profile, { recursive: true, maxRetries: 10 });
}, 60_000);

it.each(Object.keys(rows).filter(isWanted))(
  '%s',
  async (name) => {
    const results = await benchRow(name, { browser, server });
    console.log(table(name, results));
    // No time is asserted; but whoever stored or sent less has not done the same work.
    for (const [first, ...others] of results.flatMap(({ facts }) => facts)) {
      for (const other of others) expect(other).toBe(first);
    }
  },
  300_000,
);

it.runIf(isWanted('heap'))(
  'heap',
  async () => {
    console.log(await measureHeap({ browser, server }));
  },
  300_000,
);
