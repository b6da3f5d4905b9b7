import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { JsonObject } from '../../src/model/json.ts';
import type { Lead } from '../../src/model/lead.ts';
import { applyToLead } from '../../src/model/lead-change.ts';
import type { Facts } from './contenders/contender.ts';
import { scoreOf } from './page/fill.ts';

/** The page's server and the API in one, as quick as they can be: what is measured is the other side. */
export interface BenchServer {
  readonly origin: string;
  /** These leads, and no request so far. */
  reset(leads: readonly Lead[]): void;
  /** How many PATCHes came since, and which scores the leads have now. */
  seen(): Facts;
  close(): Promise<void>;
}

/** Serves the page of `entry`, a file next to this one. */
export async function serve(entry: string): Promise<BenchServer> {
  const { outputFiles } = await build({
    entryPoints: { page: fileURLToPath(new URL(entry, import.meta.url)) },
    // One Dexie for all: a page refuses a second one of another version. An alias is looked up from here.
    ...{ alias: { dexie: 'dexie' }, absWorkingDir: fileURLToPath(new URL('.', import.meta.url)) },
    ...{ bundle: true, splitting: true, minify: true, format: 'esm', write: false, outdir: '/' },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const scripts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  let leads = new Map<string, Lead>();
  let requests = 0;

  const patched = async (id: string, from: IncomingMessage): Promise<string | undefined> => {
    requests += 1;
    let text = '';
    for await (const chunk of from) text += chunk;
    const lead = leads.get(id);
    if (!lead) return undefined;
    const updated_at = new Date(Math.max(Date.now(), Date.parse(lead.updated_at) + 1_000)).toISOString();
    const data = { ...applyToLead(lead, JSON.parse(text) as JsonObject), updated_at };
    leads.set(id, data);
    return JSON.stringify({ data });
  };

  const server = createServer(async (from, to) => {
    const path = from.url ?? '/';
    // Only such a page has a clock that is finer than 0.1 ms.
    to.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    to.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    const isApi = path.startsWith('/api/v1/leads/');
    const body = isApi ? await patched(path.slice('/api/v1/leads/'.length), from) : (scripts.get(path) ?? html);
    to.statusCode = body === undefined ? 404 : 200;
    to.setHeader('Content-Type', isApi ? 'application/json' : body === html ? 'text/html' : 'text/javascript');
    to.end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port
    reset(given) {
      leads = new Map(given.map((lead) => [lead.id, lead]));
      requests = 0;
    },
    seen() {
      const scores = createHash('sha1');
      for (const lead of leads.values()) scores.update(`${lead.id} ${scoreOf(lead)}\n`);
      return { requests, 'scores at the server': scores.digest('hex') };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const html =
  '<!doctype html><title>Bench</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
