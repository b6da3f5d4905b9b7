import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Handler } from './handler.ts';
import { refusal } from './refusal.ts';
import { isSameOrigin } from './same-origin.ts';

const largestBody = 256 * 1024;

/** A handler of fetch's requests and responses as a middleware of Node's. */
export function middleware(handle: Handler): (from: IncomingMessage, to: ServerResponse) => Promise<void> {
  return async (from, to) => {
    const request = await received(from);
    await send(request ? await answer(handle, request) : refusal(413, 'too_large', 'The body is too large.'), to);
  };
}

async function answer(handle: Handler, request: Request): Promise<Response> {
  if (!isSameOrigin(request)) return refusal(403, 'forbidden', 'Only the page itself may ask for this.');
  try {
    return await handle(request);
  } catch {
    // What was thrown may quote a lead or a key: it goes nowhere.
    return refusal(500, 'internal_error', 'The demo server failed.');
  }
}

/** undefined if the body is too large. */
async function received(from: IncomingMessage): Promise<Request | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of from as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size <= largestBody) chunks.push(chunk); // the rest is read and dropped, so that the refusal arrives
  }
  if (size > largestBody) return undefined;

  const headers = new Headers();
  for (const [name, value] of Object.entries(from.headers)) {
    if (value !== undefined && !name.startsWith(':')) headers.set(name, String(value));
  }
  const { originalUrl = from.url } = from as { originalUrl?: string; url?: string }; // connect cuts the mount off `url`
  return new Request(new URL(originalUrl ?? '/', `http://${from.headers.host ?? 'unknown.invalid'}`), {
    method: from.method ?? 'GET',
    headers,
    ...(size > 0 ? { body: Buffer.concat(chunks) } : {}),
  });
}

async function send(response: Response, to: ServerResponse): Promise<void> {
  to.statusCode = response.status;
  for (const [name, value] of response.headers) to.setHeader(name, value);
  to.setHeader('Cache-Control', 'no-store');
  to.flushHeaders();
  try {
    for await (const chunk of response.body ?? []) {
      await new Promise((written) => to.write(chunk, written));
    }
    to.end();
  } catch {
    to.destroy(); // a body that breaks off breaks off for the browser too
  }
}
