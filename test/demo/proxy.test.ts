import { createServer, type IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createOrwelProxy } from '../../demo/server/orwel-proxy.ts';
import { readSettings } from '../../demo/server/settings.ts';
import { aLead } from './a-lead.ts';
import { launchBrowser, visitDemo } from './demo-page.ts';
import { eventually } from './eventually.ts';
import { freePort, type RunningDemo, startDemo } from './start-demo.ts';

const key = 'orw_dev_secret-of-the-test';
const lead = aLead();

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Stands for the service. It echoes what it was sent, as a careless one might. */
const received: Received[] = [];
let answer = { status: 200, headers: {}, body: '' };
const upstream = createServer(async (request, response) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  const { method, url, headers } = request;
  received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
  const isPage = url?.startsWith('/api/v1/leads?');
  const data = isPage ? { data: [lead], pagination: { limit: 100, offset: 0, total: 1 } } : { data: lead };
  response.writeHead(answer.status, {
    'Content-Type': 'application/json',
    'Set-Cookie': 'session=1',
    ...answer.headers,
  });
  response.end(answer.body || JSON.stringify({ ...data, echo: headers.authorization }));
});

let demo: RunningDemo;

beforeAll(async () => {
  const port = await freePort();
  await new Promise<void>((listening) => upstream.listen(port, '127.0.0.1', listening));
  demo = await startDemo({ ORWEL_API_KEY: key, ORWEL_API_URL: `http://127.0.0.1:${port}/api/v1/` });
});
beforeEach(() => {
  received.length = 0;
  answer = { status: 200, headers: {}, body: '' };
});
afterAll(async () => {
  await demo.close();
  upstream.closeAllConnections();
  await new Promise((closed) => upstream.close(closed));
});

const leadUrl = () => `${demo.url}/api/v1/leads/${lead.id}`;
const patch = (headers: Record<string, string>, body = '{"properties":{"score":1}}') =>
  fetch(leadUrl(), { method: 'PATCH', headers: { 'Content-Type': 'application/json', ...headers }, body });

test('adds the key on the server, and passes method, path, query and body on', async () => {
  await fetch(`${demo.url}/api/v1/leads?limit=100&offset=200`, {
    headers: { Authorization: 'Bearer of-the-page', Cookie: 'a=b', 'X-Api-Key': 'of-the-page' },
  });
  expect(received).toMatchObject([{ method: 'GET', url: '/api/v1/leads?limit=100&offset=200' }]);
  expect(received[0]?.headers.authorization).toBe(`Bearer ${key}`);
  expect(received[0]?.headers.cookie).toBeUndefined();
  expect(received[0]?.headers['x-api-key']).toBeUndefined();

  await patch({ Origin: demo.url, 'Sec-Fetch-Site': 'same-origin', 'If-Match': '"7"' });
  expect(received[1]).toMatchObject({
    method: 'PATCH',
    url: `/api/v1/leads/${lead.id}`,
    body: '{"properties":{"score":1}}',
    headers: { 'content-type': 'application/json', 'if-match': '"7"' },
  });
});

test('passes status, body, date and limits back, and no cookie', async () => {
  const headers = {
    ETag: '"7"',
    'Retry-After': '7',
    'X-RateLimit-Limit': '100',
    'X-RateLimit-Remaining': '0',
    'X-RateLimit-Reset': '9',
  };
  const date = 'Wed, 15 Jan 2025 12:00:00 GMT';
  answer = { status: 429, headers: { ...headers, Date: date }, body: '{"error":"rate_limit_exceeded"}' };
  const response = await fetch(leadUrl());
  expect(response.status).toBe(429);
  expect(await response.json()).toEqual({ error: 'rate_limit_exceeded' });
  for (const [name, value] of Object.entries(headers)) expect(response.headers.get(name)).toBe(value);
  expect(response.headers.get('Date')).toBe(date);
  expect(response.headers.get('Set-Cookie')).toBeNull();
});

test('gives the key away in no answer, not even one that the service echoes, and prints it nowhere', async () => {
  answer = { ...answer, headers: { 'Retry-After': key } };
  const response = await fetch(leadUrl());
  const text = `${await response.text()} ${JSON.stringify([...response.headers])}`;
  expect(received[0]?.headers.authorization).toContain(key);
  expect(text).toContain('[key]');
  expect(text).not.toContain(key);
  expect(demo.log.join('\n')).not.toContain(key);
  expect(demo.log.join('\n')).toContain(demo.url);
});

test.each([
  [504, new DOMException('The operation timed out.', 'TimeoutError')],
  [502, new TypeError('fetch failed')],
])(
  'says %i where it has no answer because of %s: only a request that it gave up may still be carried out',
  async (status, why) => {
    const { api } = createOrwelProxy({ url: 'http://127.0.0.1:1/api/v1', key });
    vi.spyOn(globalThis, 'fetch').mockRejectedValueOnce(why);
    const request = new Request(leadUrl(), { method: 'PATCH', body: '{"properties":{"score":1}}' });
    expect((await api(request)).status).toBe(status);
  },
);

test.each([
  ['GET', '/api/v1/companies'],
  ['GET', '/api/v1/leads/../companies'],
  ['GET', '/api/v1/leads/%2e%2e/companies'],
  ['GET', '/api/v1/leads/not-a-uuid'],
  ['GET', `/api/v1/leads/${lead.id}/notes`],
  ['GET', '/api/v1/leadsandmore'],
  ['GET', '/api/v1/'],
  ['POST', '/api/v1/leads'],
  ['PATCH', '/api/v1/leads'],
  ['DELETE', `/api/v1/leads/${lead.id}`],
  ['PUT', `/api/v1/leads/${lead.id}`],
])('refuses %s %s', async (method, path) => {
  const response = await fetch(demo.url + path, { method, headers: { Origin: demo.url } });
  expect([404, 405]).toContain(response.status);
  expect(received).toEqual([]);
});

test.each([
  ['of another site', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' }],
  ['of another port of this machine', { Origin: 'http://127.0.0.1:1', 'Sec-Fetch-Site': 'same-site' }],
  ['of a sandboxed frame', { Origin: 'null' }],
  ['that names no origin', {}],
])('refuses a PATCH %s', async (_, headers) => {
  const response = await patch(headers as Record<string, string>);
  expect(response.status).toBe(403);
  expect(received).toEqual([]);
});

test('refuses to be read by another site', async () => {
  const response = await fetch(leadUrl(), { headers: { 'Sec-Fetch-Site': 'cross-site' } });
  expect(response.status).toBe(403);
  const foreign = await fetch(leadUrl(), { headers: { Origin: 'http://localhost:3000' } });
  expect(foreign.status).toBe(403);
  expect(foreign.headers.get('Access-Control-Allow-Origin')).toBeNull();
  expect(received).toEqual([]);
});

test('refuses a body that is too large', async () => {
  const response = await patch({ Origin: demo.url }, JSON.stringify({ summary: { notes: 'x'.repeat(300_000) } }));
  expect(response.status).toBe(413);
  expect(received).toEqual([]);
});

test('follows no redirect with the key', async () => {
  answer = { status: 302, headers: { Location: 'https://evil.example/' }, body: '' };
  const response = await fetch(leadUrl(), { redirect: 'manual' });
  expect(response.status).toBe(502);
  expect(received.length).toBe(1);
});

test('a key that no header can carry is refused without being quoted', () => {
  expect(() => readSettings({ ORWEL_API_KEY: 'orw_dev_a\nb' })).toThrow(/^ORWEL_API_KEY holds characters/);
});

test('the page works on it, and offers no games with a real server', async () => {
  const browser = await launchBrowser();
  try {
    const { page, open, field, onServer } = await visitDemo(browser, demo.url);
    await open(0);
    await field('City').fill('Bergen');
    await eventually(() => received.find(({ method }) => method === 'PATCH')?.body).toBe(
      '{"location":{"city":"Bergen"}}',
    );
    await onServer('Name').getByText('Ada Ashby').waitFor();
    expect(await page.getByText('Try it').count()).toBe(0);
    expect((await fetch(`${demo.url}/demo/requests`)).status).toBe(404);
  } finally {
    await browser.close();
  }
});
