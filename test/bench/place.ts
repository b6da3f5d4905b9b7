import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchBrowser, startBenchBrowser } from './chromium.ts';
import { type BenchServer, serve } from './serve.ts';

/** Where it is measured. */
export interface Place {
  readonly browser: BenchBrowser;
  readonly server: BenchServer;
  close(): Promise<void>;
}

/** A server of the page `entry`, a file next to this one, and a browser with a profile of its own. */
export async function openPlace(entry: string): Promise<Place> {
  const profile = await mkdtemp(join(tmpdir(), 'leadbox-bench-'));
  const server = await serve(entry);
  const browser = await startBenchBrowser(profile);
  return {
    browser,
    server,
    async close() {
      await browser.close();
      await server.close();
      await rm(profile, { recursive: true, maxRetries: 10 });
    },
  };
}

/** Whether a row was asked for: all are, unless ROW has the words of some. */
export function isWanted(row: string): boolean {
  const wanted = process.env.ROW?.split(',');
  return !wanted || wanted.includes(row);
}
