import { fileURLToPath } from 'node:url';
import type { UserConfig } from 'vite';
import { leadApiPlugin } from './lead-api-plugin.ts';
import { readSettings } from './settings.ts';

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

// The page takes nothing from anywhere else, and nothing it runs is written into it.
const contentPolicy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** How the demo is built and served. `env` chooses the port and which server stands behind it: see settings.ts. */
export function demoConfig(env: Readonly<Record<string, string | undefined>>): UserConfig {
  const settings = readSettings(env);
  return {
    root: pathOf('..'),
    plugins: [leadApiPlugin(settings)],
    define: { 'import.meta.env.VITE_LEADS_OF': JSON.stringify(settings.upstream?.url ?? 'stand-in') },
    resolve: {
      alias: [
        { find: /^leadbox$/, replacement: pathOf('../../src/index.ts') },
        { find: /^leadbox\/react$/, replacement: pathOf('../../src/react.ts') },
      ],
    },
    build: {
      outDir: pathOf('../../.cache/demo'),
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: { page: pathOf('../index.html'), 'shell-worker': pathOf('../shell-worker.ts') },
        output: {
          // A service worker keeps its address; everything else is named after its contents.
          entryFileNames: ({ name }) => (name === 'shell-worker' ? '[name].js' : 'assets/[name]-[hash].js'),
        },
      },
    },
    preview: {
      host: '127.0.0.1',
      port: settings.port,
      strictPort: true,
      cors: false,
      headers: {
        'Content-Security-Policy': contentPolicy,
        'Referrer-Policy': 'no-referrer',
        'X-Content-Type-Options': 'nosniff',
      },
    },
  };
}
