import type { DemoServer, Handler } from './handler.ts';
import { refusal } from './refusal.ts';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const patience = 25_000; // milliseconds; less than the page's own, so that it hears of it
const answered = [
  'Content-Type',
  'Date',
  'ETag',
  'Retry-After',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
];

export interface OrwelProxyOptions {
  readonly url: string;
  readonly key: string;
}

/**
 * The service behind the page's own origin. The key is added here and is in nothing that leaves towards the page;
 * neither cookies nor credentials of the page go on, nor any but the three calls that the page needs.
 */
export function createOrwelProxy({ url, key }: OrwelProxyOptions): DemoServer {
  const api: Handler = async (request) => {
    const { pathname, search } = new URL(request.url);
    const [id, ...rest] = pathname.replace(/^\/api\/v1\/leads\/?/, '').split('/');
    const isKnown =
      /^\/api\/v1\/leads(?:\/|$)/.test(pathname) && rest.length === 0 && (id === '' || uuid.test(id ?? ''));
    if (!isKnown) return refusal(404, 'not_found', 'No such resource.');
    const methods = id === '' ? ['GET'] : ['GET', 'PATCH'];
    if (!methods.includes(request.method))
      return refusal(405, 'method_not_allowed', 'Leads are read and changed here.');

    const headers = new Headers({ Accept: 'application/json', Authorization: `Bearer ${key}` });
    for (const name of ['Content-Type', 'If-Match']) {
      const value = request.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    try {
      const answer = await fetch(`${url}/leads${id === '' ? '' : `/${id}`}${search}`, {
        method: request.method,
        headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(patience),
        ...(request.method === 'PATCH' ? { body: await request.text() } : {}),
      });
      return withoutKey(answer, await answer.text(), key);
    } catch (error) {
      // Who stops waiting has to say so: the service may still carry it out.
      if ((error as Error).name === 'TimeoutError')
        return refusal(504, 'gateway_timeout', 'The service did not answer in time.');
      return refusal(502, 'bad_gateway', 'The service did not answer.');
    }
  };

  return { api, demo: () => refusal(404, 'not_found', 'Only the stand-in has this.') };
}

/** What the page may see of an answer. A server that echoes its request must not give the key away. */
function withoutKey(answer: Response, text: string, key: string): Response {
  if (answer.status >= 300 && answer.status < 400) return refusal(502, 'bad_gateway', 'The service redirected.');
  const clean = (value: string) => value.replaceAll(key, '[key]');
  const headers = new Headers();
  for (const name of answered) {
    const value = answer.headers.get(name);
    if (value !== null) headers.set(name, clean(value));
  }
  const isBodiless = answer.status === 204 || answer.status === 205;
  return new Response(isBodiless ? null : clean(text), { status: answer.status, headers });
}
