import { describe, expect, it } from 'vitest';
import { createFakeLeadApi, createVirtualClock, type FakeLeadApi } from '../../../src/testing.ts';
import { aLead, aPatch, documentedId, urlOf } from './documented-lead.ts';

const won = aPatch({ properties: { status: 'won' } });
const failedToFetch = expect.objectContaining({ name: 'TypeError', message: 'Failed to fetch' });

describe('next', () => {
  it.each([
    [400, 'bad_request'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not_found'],
    [409, 'conflict'],
    [410, 'gone'],
    [412, 'precondition_failed'],
    [422, 'validation_error'],
    [500, 'internal_error'],
    [502, 'bad_gateway'],
    [503, 'service_unavailable'],
    [504, 'gateway_timeout'],
    [418, 'status_418'],
  ])('answers %i with "%s", applies nothing, and then works again', async (status, error) => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    api.next(status);
    const response = await api.fetch(urlOf(), won);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error, message: expect.any(String) });
    expect(response.headers.get('X-Workspace-Id')).toBe(aLead().workspace_id);
    expect(api.lead(documentedId)).toEqual(aLead());
    expect(api.requests).toHaveLength(1);
    expect((await api.fetch(urlOf(), won)).status).toBe(200);
  });

  it('answers 429 with a wait of one second', async () => {
    const now = () => Date.parse('2025-01-15T12:00:00Z');
    const api = createFakeLeadApi({ leads: [aLead()], now });
    api.next(429);
    const response = await api.fetch(urlOf(), won);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'retry-after': '1',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(now() / 1_000 + 1),
    });
    expect(await response.json()).toMatchObject({ error: 'rate_limit_exceeded', retry_after: 1 });
  });

  it('answers 429 with a wait until the window of the rate limit ends', async () => {
    const api = createFakeLeadApi({ rateLimit: { limit: 9, windowSeconds: 30 }, now: () => 0 });
    api.next(429);
    expect((await api.fetch(urlOf(), won)).headers.get('Retry-After')).toBe('30');
  });

  it('answers 204 and 304 without a body', async () => {
    const api = createFakeLeadApi();
    api.next(204);
    api.next(304);
    expect(await (await api.fetch(urlOf(), won)).text()).toBe('');
    expect(await (await api.fetch(urlOf(), {})).text()).toBe('');
  });

  it('answers with clones of a response', async () => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    const given = new Response('<html>', { status: 200, headers: { 'Content-Type': 'text/html' } });
    api.next(given, 2);
    expect(await given.text()).toBe('<html>');
    for (const _ of [1, 2]) expect(await (await api.fetch(urlOf(), won)).text()).toBe('<html>');
    expect(api.lead(documentedId)).toEqual(aLead());
    expect(api.requests).toHaveLength(2);
  });

  it('loses an answer after the request was applied', async () => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    api.next('lost-answer');
    await expect(api.fetch(urlOf(), won)).rejects.toEqual(failedToFetch);
    expect(api.lead(documentedId)?.properties).toMatchObject({ status: 'won' });
    expect(api.requests).toHaveLength(1);
  });

  it('fails before the server sees the request', async () => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    api.next('network-error');
    await expect(api.fetch(urlOf(), won)).rejects.toEqual(failedToFetch);
    expect([api.lead(documentedId), api.requests]).toEqual([aLead(), []]);
  });

  it('hangs until the request is aborted, and applies nothing', async () => {
    const clock = createVirtualClock();
    const api = createFakeLeadApi({ leads: [aLead()], clock });
    api.next('hang');
    const controller = new AbortController();
    const call = ending(api.fetch(urlOf(), { ...won, signal: controller.signal }));
    await clock.advance(86_400_000);
    expect([call.ended, api.requests.length, clock.pending]).toEqual([false, 1, 0]);
    controller.abort();
    await expect(call.promise).rejects.toMatchObject({ name: 'AbortError' });
    expect(api.lead(documentedId)).toEqual(aLead());
  });

  it('lets faults happen in order, each as often as asked for', async () => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    api.next(500, 2);
    api.next(404, 0);
    api.next('network-error');
    api.next(503, Number.POSITIVE_INFINITY);
    expect(await outcomes(api, 6)).toEqual([500, 500, 'Failed to fetch', 503, 503, 503]);
  });

  it.each([
    [199, 1, 'fault'],
    [600, 1, 'fault'],
    [404.5, 1, 'fault'],
    [500, -1, 'times'],
    [500, 0.5, 'times'],
    [500, Number.NaN, 'times'],
  ])('refuses the status %d, %d times', (status, times, name) => {
    expect(() => createFakeLeadApi().next(status, times)).toThrow(
      expect.objectContaining({ code: 'invalid-option', path: [name] }),
    );
  });
});

describe('offline', () => {
  it('fails every call without reaching the server and uses up no fault', async () => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    api.next(500);
    api.offline = true;
    expect(await outcomes(api, 2)).toEqual(['Failed to fetch', 'Failed to fetch']);
    expect(api.requests).toEqual([]);
    api.offline = false;
    expect(await outcomes(api, 2)).toEqual([500, 200]);
  });

  it('loses the answers that are on their way', async () => {
    const clock = createVirtualClock();
    const api = createFakeLeadApi({ leads: [aLead()], clock });
    api.latency = 100;
    const call = ending(api.fetch(urlOf(), won));
    await clock.advance(50);
    api.offline = true;
    await clock.advance(50);
    await expect(call.promise).rejects.toEqual(failedToFetch);
    expect(api.lead(documentedId)?.properties).toMatchObject({ status: 'won' });
  });
});

describe('latency', () => {
  it('delays the answer by the clock, not the change', async () => {
    const clock = createVirtualClock();
    const api = createFakeLeadApi({ leads: [aLead()], clock });
    api.latency = 250;
    const call = ending(api.fetch(urlOf(), won));
    expect(api.lead(documentedId)?.properties).toMatchObject({ status: 'won' });
    await clock.advance(249);
    expect(call.ended).toBe(false);
    await clock.advance(1);
    expect(call.ended).toBe(true);
    expect((await call.promise).status).toBe(200);
  });

  it('delays faults that are answers too', async () => {
    const clock = createVirtualClock();
    const api = createFakeLeadApi({ clock });
    api.latency = 250;
    api.next(503);
    api.next('lost-answer');
    const calls = [ending(api.fetch(urlOf(), won)), ending(api.fetch(urlOf(), won))];
    await clock.advance(249);
    expect(calls.map(({ ended }) => ended)).toEqual([false, false]);
    await clock.advance(1);
    expect(calls.map(({ ended }) => ended)).toEqual([true, true]);
  });

  it('is measured by the platform without a clock', async () => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    api.latency = 5;
    expect((await api.fetch(urlOf(), won)).status).toBe(200);
  });
});

describe('abort', () => {
  it('before the call keeps the request from the server and uses up no fault', async () => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    api.next(500);
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(api.fetch(urlOf(), { ...won, signal })).rejects.toThrow('too late');
    expect(api.requests).toEqual([]);
    expect(await outcomes(api, 1)).toEqual([500]);
  });

  it('during the latency rejects at once with the reason and leaves no timer', async () => {
    const clock = createVirtualClock();
    const api = createFakeLeadApi({ leads: [aLead()], clock });
    api.latency = 1_000;
    const controller = new AbortController();
    const call = api.fetch(urlOf(), { ...won, signal: controller.signal });
    const reason = new Error('timeout');
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(clock.pending).toBe(0);
  });

  it('while a body is read rejects too', async () => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    api.next('hang');
    const controller = new AbortController();
    const init = { method: 'PATCH', body: new Blob(['{}']), signal: controller.signal };
    const call = api.fetch(urlOf(), init);
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('after the answer does nothing', async () => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    const controller = new AbortController();
    const response = await api.fetch(urlOf(), { ...won, signal: controller.signal });
    controller.abort();
    expect(await response.json()).toEqual({ data: api.lead(documentedId) });
  });
});

async function outcomes(api: FakeLeadApi, count: number): Promise<(number | string)[]> {
  const seen: (number | string)[] = [];
  for (let call = 0; call < count; call += 1) {
    seen.push(
      await api.fetch(urlOf(), won).then(
        ({ status }) => status,
        (error: Error) => error.message,
      ),
    );
  }
  return seen;
}

function ending<T>(promise: Promise<T>): { readonly promise: Promise<T>; ended: boolean } {
  const call = { promise, ended: false };
  const end = () => {
    call.ended = true;
  };
  promise.then(end, end);
  return call;
}
