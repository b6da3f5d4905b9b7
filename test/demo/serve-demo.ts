import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { TestProject } from 'vitest/node';
import { demoConfig } from '../../demo/server/demo-config.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the built demo. */
    readonly builtDemo: string;
  }
}

const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));

/**
 * Builds the demo once for all tests. Each test file serves it for itself: another port is another origin, with its own
 * database, its own service worker and its own stand-in, so that files can run side by side.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { build: options, ...config } = demoConfig({});
  await mkdir(cache, { recursive: true });
  const outDir = await mkdtemp(join(cache, 'demo-under-test-'));
  // The runner says 'test', which would put React's slow development build into the page.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  await build({ ...config, configFile: false, logLevel: 'warn', build: { ...options, outDir } });
  process.env.NODE_ENV = NODE_ENV;
  project.provide('builtDemo', outDir);
  return () => rm(outDir, { recursive: true });
}
