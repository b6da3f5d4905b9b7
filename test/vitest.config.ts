import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { findChromium } from './find-chromium.mjs';
import { serveApi } from './serve-api.ts';

const chromium = findChromium();

/** What only computes: after the browsers, and on all cores, of which Vitest leaves one free otherwise. */
const onAllCores = { maxWorkers: availableParallelism(), sequence: { groupOrder: 1 } };

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/{node,fleet}/**/*.test.{ts,tsx}'],
          environment: 'node',
          testTimeout: 60_000,
          ...onAllCores,
        },
      },
      {
        extends: true,
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          environment: 'node',
          testTimeout: 60_000,
          ...onAllCores,
          // Most of a life is garbage soon: a large young generation halves the time that it costs.
          execArgv: ['--max-semi-space-size=64'],
        },
      },
      {
        extends: true,
        plugins: [serveApi()],
        optimizeDeps: {
          include: [
            'dexie',
            'fast-check',
            'fast-json-patch',
            'idb-keyval',
            'immer',
            'react',
            'react/jsx-dev-runtime',
            'react-dom/client',
            'vitest-browser-react',
            'zod/mini',
          ],
        },
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.{ts,tsx}'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                ...(chromium === undefined ? {} : { executablePath: chromium }),
                args: [
                  '--disable-background-networking',
                  '--disable-component-update',
                  '--disable-quic',
                  '--no-first-run',
                ],
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        extends: true,
        test: {
          name: 'demo',
          include: ['test/demo/**/*.test.ts'],
          environment: 'node',
          globalSetup: ['test/demo/serve-demo.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: { name: 'device', include: ['test/device/**/*.test.ts'], environment: 'node', testTimeout: 60_000 },
      },
      {
        extends: true,
        // Not part of the tests: nothing else finds a file of this name.
        test: { name: 'bench', include: process.env.BENCH ? ['test/bench/*.bench.ts'] : [], environment: 'node' },
      },
      {
        extends: true,
        // Nor is this; it needs the packages of a package.json of its own.
        test: { name: 'peers', include: process.env.BENCH ? ['test/bench/peers/*.bench.ts'] : [], environment: 'node' },
      },
      {
        extends: true,
        test: { name: 'crash', include: ['test/crash/**/*.test.ts'], environment: 'node', testTimeout: 60_000 },
      },
    ],
  },
});
