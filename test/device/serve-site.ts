import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Handler } from '../../demo/server/handler.ts';
import { middleware } from '../../demo/server/middleware.ts';

/** A server on this machine that outlives every browser it serves: the same origin after each restart of one. */
export interface Site {
  readonly origin: string;
  /** While true, not a byte comes back from the API; the pages are served all the same. */
  offline: boolean;
  close(): Promise<void>;
}

export interface SiteOptions {
  /** The script of the page at /, a file next to `base`. */
  readonly page: string;
  /** More scripts by their path, such as a service worker. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** `import.meta.url` of the caller. */
  readonly base: string;
  /** Answers what comes to /api/. */
  readonly api: Handler;
}

export async function serveSite(options: SiteOptions): Promise<Site> {
  const scripts = new Map<string, string>();
  for (const [path, file] of Object.entries({ '/page.js': options.page, ...options.scripts })) {
    scripts.set(path, await bundled(fileURLToPath(new URL(file, options.base))));
  }
  const api = middleware(options.api);

  const serve = async (from: IncomingMessage, to: ServerResponse) => {
    const [path = '/'] = (from.url ?? '/').split('?');
    if (path.startsWith('/api/')) return site.offline ? from.socket.destroy() : await api(from, to);
    const script = scripts.get(path);
    to.setHeader('Content-Type', script === undefined ? 'text/html' : 'text/javascript');
    to.setHeader('Cache-Control', 'no-store');
    return to.end(script ?? html);
  };
  // A killed browser breaks off in the middle of a request: that is what the tests are about.
  const server = createServer((from, to) => void serve(from, to).catch(() => to.destroy()));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));

  const site: Site = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port
    offline: false,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return site;
}

async function bundled(file: string): Promise<string> {
  const { outputFiles } = await build({ entryPoints: [file], bundle: true, format: 'esm', write: false });
  return outputFiles.map(({ text }) => text).join('');
}

const html =
  '<!doctype html><title>Leads</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
