import { describe, expect, it } from 'vitest';
import { bodyText } from '../../../src/api/body-text.ts';
import { type Outcome, outcomeOf } from '../../../src/api/outcome.ts';
import { aLead, anAnswer, leadId } from '../../builders/a-lead.ts';

const now = Date.UTC(2025, 0, 15, 12);
const date = 'Wed, 15 Jan 2025 12:00:00 GMT';
const retried = { kind: 'retry', why: 'retry', mayArrive: false };
const redirected = { kind: 'retry', why: 'session', mayArrive: false };
const parked = (reason: string) => ({ kind: 'refused', reason });

describe('R20 the outcome of a response follows from its status:', () => {
  it.each<[number, object]>([
    [200, { kind: 'acknowledged' }],
    [201, { kind: 'acknowledged' }],
    [202, { kind: 'acknowledged' }],
    [299, { kind: 'acknowledged' }],
    [301, retried],
    [304, retried],
    [400, parked('rejected')],
    [401, { kind: 'unauthorized' }],
    [402, parked('rejected')],
    [403, parked('forbidden')],
    [404, parked('gone')],
    [405, parked('rejected')],
    [408, { ...retried, mayArrive: true }],
    [409, parked('conflict')],
    [410, parked('gone')],
    [412, parked('conflict')],
    [413, parked('rejected')],
    [422, parked('rejected')],
    [425, retried],
    [429, { ...retried, why: 'rate-limit' }],
    [499, parked('rejected')],
    [500, retried],
    [501, retried],
    [502, retried],
    [503, retried],
    [504, { ...retried, mayArrive: true }],
    [599, retried],
  ])('%i', async (status, expected) => {
    // The lead in the body makes no difference where the status says no.
    const body = status === 304 ? null : JSON.stringify({ data: aLead() });
    expect(await outcome(new Response(body, { status }))).toMatchObject(expected);
  });

  it('and every other one from its class', async () => {
    for (let status = 200; status < 600; status += 1) {
      const body = [204, 205, 304].includes(status) ? null : JSON.stringify({ data: aLead() });
      const { kind } = await outcome(new Response(body, { status }));
      const isRefusal = status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status);
      const isLead = status < 300 && body !== null;
      expect({ status, kind }).toEqual({
        status,
        kind: status === 401 ? 'unauthorized' : isLead ? 'acknowledged' : isRefusal ? 'refused' : 'retry',
      });
    }
  });
});

describe('R19 what only looks like success is tried again:', () => {
  it.each<[string, () => Response, object]>([
    ['HTML', () => new Response('<html>Welcome to the hotel</html>', { headers: { 'Content-Type': 'text/html' } }), {}],
    ['nothing', () => new Response(''), {}],
    ['204', () => new Response(null, { status: 204 }), {}],
    ['truncated JSON', () => new Response(JSON.stringify({ data: aLead() }).slice(0, -1)), {}],
    ['another lead', () => anAnswer({ id: leadId(7) }), {}],
    ['no data', () => new Response('{}'), {}],
    ['a redirect of this origin', () => as({ redirected: true }, anAnswer()), redirected],
    ['a redirect elsewhere', () => as({ type: 'opaqueredirect', status: 0, ok: false }), redirected],
    ['a body over the limit', () => new Response(`${JSON.stringify({ data: aLead() })}${' '.repeat(16_000_001)}`), {}],
  ])('%s', async (_, response, expected) => {
    expect(await outcome(response())).toMatchObject({ ...retried, ...expected });
  });

  it('a body that never ends is read no further than an answer can be long', async () => {
    let given = 0;
    let isCancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        given += 1;
        controller.enqueue(new Uint8Array(1_000_000).fill(32));
      },
      cancel() {
        isCancelled = true;
      },
    });
    expect(await bodyText(new Response(endless))).toBeUndefined();
    expect(given).toBeLessThan(20);
    expect(isCancelled).toBe(true);
  });

  it('a body in pieces is put together, also within a letter', async () => {
    const bytes = new TextEncoder().encode('{"a":"żółć"}');
    const pieces = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(await bodyText(new Response(pieces))).toBe('{"a":"żółć"}');
  });
});

describe('R26 the wait that a server asks for is', () => {
  it.each<[string, Record<string, string>, unknown, number | undefined]>([
    ['Retry-After in seconds', { 'Retry-After': '7' }, {}, 7_000],
    [
      'Retry-After as a date, by the answer’s clock',
      { 'Retry-After': 'Wed, 15 Jan 2025 12:00:09 GMT', Date: date },
      {},
      9_000,
    ],
    [
      'the same where the device’s clock is a day off',
      { 'Retry-After': 'Tue, 14 Jan 2025 12:00:09 GMT', Date: 'Tue, 14 Jan 2025 12:00:00 GMT' },
      {},
      9_000,
    ],
    ['the same without a Date', { 'Retry-After': 'Wed, 15 Jan 2025 12:00:09 GMT' }, {}, 9_000],
    ['none for a date that is past', { 'Retry-After': 'Wed, 15 Jan 2025 11:00:00 GMT', Date: date }, {}, 0],
    ['retry_after of the body', {}, { error: 'rate_limit_exceeded', retry_after: 60 }, 60_000],
    ['retry_after of a body whose message is no text', {}, { message: null, retry_after: 60 }, 60_000],
    ['the header rather than the body', { 'Retry-After': '2' }, { retry_after: 60 }, 2_000],
    ['an hour at most', { 'Retry-After': '999999999999' }, {}, 3_600_000],
    ['an hour at most, also by a date', { 'Retry-After': 'Fri, 15 Jan 2055 12:00:00 GMT', Date: date }, {}, 3_600_000],
    ['an hour at most, also by the body', {}, { retry_after: 1e300 }, 3_600_000],
    ['not negative', {}, { retry_after: -5 }, 0],
    ['unknown for nothing', {}, {}, undefined],
    ['unknown for an empty header', { 'Retry-After': '' }, {}, undefined],
    ['unknown for a fraction', { 'Retry-After': '1.5' }, {}, undefined],
    ['unknown for hexadecimals', { 'Retry-After': '0x10' }, {}, undefined],
    ['unknown for another form of date', { 'Retry-After': '2025-01-15T12:00:09Z' }, {}, undefined],
    ['unknown for text in the body', {}, { retry_after: '60' }, undefined],
  ])('%s', async (_, headers, body, expected) => {
    for (const status of [429, 503]) {
      const { wait } = await outcome(new Response(JSON.stringify(body), { status, headers }));
      expect(wait?.delay).toBe(expected);
    }
  });
});

describe('R27 the rate limit is left alone', () => {
  const reset = String(now / 1_000 + 30);
  it.each<[string, Record<string, string>, number | undefined]>([
    ['when nothing remains', rate('100', '0', reset), 30_000],
    ['when only the reserve remains', rate('100', '5', reset), 30_000],
    ['not before', rate('100', '6', reset), undefined],
    ['by the answer’s own clock', { ...rate('100', '0', reset), Date: 'Wed, 15 Jan 2025 12:00:10 GMT' }, 20_000],
    ['an hour at most', rate('100', '0', '99999999999'), 3_600_000],
    ['not where a header is missing', { 'X-RateLimit-Limit': '100', 'X-RateLimit-Remaining': '0' }, undefined],
    ['not where one makes no sense', rate('100', '-1', reset), undefined],
  ])('%s', async (_, headers, expected) => {
    const answer = new Response(JSON.stringify({ data: aLead() }), { headers });
    expect(await outcome(answer)).toMatchObject({ kind: 'acknowledged' });
    const { wait } = await outcome(new Response(JSON.stringify({ data: aLead() }), { headers }));
    expect(wait?.delay).toBe(expected);
  });
});

function rate(limit: string, remaining: string, reset: string): Record<string, string> {
  return { 'X-RateLimit-Limit': limit, 'X-RateLimit-Remaining': remaining, 'X-RateLimit-Reset': reset };
}

async function outcome(response: Response): Promise<Outcome> {
  return outcomeOf({ response, text: await bodyText(response) }, { leadId: leadId(0), reserve: 0.05, now });
}

/** A response as fetch gives it where no constructor makes one. */
function as(members: object, response = new Response(null)): Response {
  return new Proxy(response, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name);
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
