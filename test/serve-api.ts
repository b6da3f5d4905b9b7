import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Plugin } from 'vite';
import { middleware } from '../demo/server/middleware.ts';
import type { JsonObject } from '../src/index.ts';
import { createFakeLeadApi, type FakeLeadApi, type FakeLeadApiOptions, type Fault } from '../src/testing.ts';

/** What a test tells its server: each the body of a POST to /api/<device>/control/<word>. */
export interface Controls {
  start: Pick<FakeLeadApiOptions, 'leads' | 'sections'>;
  next: { readonly fault: Exclude<Fault, Response> | ScriptedAnswer; readonly times?: number };
  change: { readonly id: string; readonly patch: JsonObject };
  set: { readonly offline?: boolean; readonly latency?: number };
}

/** An answer that is not the stand-in's. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** false: the body begins like this and never ends. */
  readonly ends?: boolean;
}

/** A request as it came over the wire. */
export interface LoggedRequest {
  readonly method: string;
  readonly url: string;
  /** With names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body; empty without one. */
  readonly text: string;
}

interface Device {
  readonly api: FakeLeadApi;
  readonly requests: LoggedRequest[];
}

/**
 * Gives every test a server of its own behind the page's origin:
 *
 *     /api/<device>/v1/…          the stand-in of the leads API, over real HTTP
 *     /api/<device>/control/…     what the test tells it, and asks of it
 *     /api/<device>/…             whatever a redirect may lead to: answers as a sign-in page does
 *     /tab                        a page that holds a leadbox
 *
 * A second origin answers every request as the API would, to whoever asks.
 */
export function serveApi(): Plugin {
  const devices = new Map<string, Device>();
  let elsewhere = '';

  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const [, name = '', area, word = ''] = /^\/api\/([^/]+)\/([^/]+)\/?(.*)$/.exec(pathname) ?? [];
    const text = await request.text();
    if (area === 'control' && word === 'start') {
      devices.set(name, { api: createFakeLeadApi(JSON.parse(text)), requests: [] });
      return Response.json({ elsewhere: `${elsewhere}/api/${name}` });
    }
    const device = devices.get(name);
    if (device === undefined) return new Response(null, { status: 404 });
    if (area === 'control') return control(device, word, text);
    const { method, headers, url } = request;
    device.requests.push({ method, url, headers: Object.fromEntries(headers), text });
    if (area !== 'v1') return new Response(signInPage, { headers: { 'Content-Type': 'text/html' } });
    try {
      return await device.api.fetch(url, { method, headers, ...(text === '' ? {} : { body: text }) });
    } catch {
      return brokenOff();
    }
  };

  const serve = middleware(answer);

  return {
    name: 'serve-api',
    async configureServer(server) {
      server.middlewares.use('/tab', (_from, to) => {
        to.setHeader('Content-Type', 'text/html');
        to.end(tabPage);
      });
      server.middlewares.use('/api', (from, to) => {
        const [, name = '', area] = from.url?.split('/') ?? [];
        // Nobody there: not a byte comes back.
        if (area !== 'control' && devices.get(name)?.api.offline) from.socket.destroy();
        else void serve(from, to);
      });

      const other = createServer((from, to) => {
        const [, , name = ''] = from.url?.split('/') ?? [];
        answerAnybody(devices.get(name), from, to);
      });
      await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
      other.unref();
      elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}`; // it listens on a port
    },
  };
}

function control({ api, requests }: Device, word: string, text: string): Response {
  switch (word) {
    case 'next': {
      const { fault, times }: Controls['next'] = JSON.parse(text);
      api.next(typeof fault === 'object' ? responseOf(fault) : fault, times);
      return Response.json({});
    }
    case 'change': {
      const { id, patch }: Controls['change'] = JSON.parse(text);
      api.change(id, patch);
      return Response.json({});
    }
    case 'set':
      Object.assign(api, JSON.parse(text));
      return Response.json({});
    case 'requests':
      return Response.json(requests);
    case 'leads':
      return Response.json(api.leads());
    default:
      return new Response(null, { status: 404 });
  }
}

function responseOf({ status, headers, body, ends = true }: ScriptedAnswer): Response {
  const begun = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(body));
      if (ends) controller.close();
    },
  });
  return new Response(status === 204 ? null : begun, { status, headers: headers ?? {} });
}

/** Begins and breaks off. With nothing at all sent, a browser may repeat the request by itself. */
function brokenOff(): Response {
  let begun = false;
  const body = new ReadableStream({
    pull(controller) {
      if (begun) return controller.error(new TypeError('broken off'));
      begun = true;
      controller.enqueue(new TextEncoder().encode('{'));
    },
  });
  return new Response(body, { headers: { 'Content-Type': 'application/json' } });
}

/** Another origin that takes anything from anybody: who follows a redirect here believes that all is well. */
function answerAnybody(device: Device | undefined, from: IncomingMessage, to: ServerResponse): void {
  device?.requests.push({ method: from.method ?? '', url: `elsewhere${from.url}`, headers: {}, text: '' });
  to.writeHead(200, {
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': '*',
    'Access-Control-Allow-Headers': '*',
    'Content-Type': 'application/json',
  });
  to.end(JSON.stringify({ data: device?.api.leads()[0] }));
}

const signInPage = '<!doctype html><title>Sign in</title><form method="post"><input name="password"></form>';

const tabPage =
  '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/test/browser/tab.ts"></script>';
