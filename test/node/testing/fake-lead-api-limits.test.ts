import { describe, expect, it } from 'vitest';
import { createFakeLeadApi, createVirtualClock } from '../../../src/testing.ts';
import { aLead, aPatch, documentedId, urlOf } from './documented-lead.ts';

describe('the rate limit', () => {
  const start = Date.parse('2025-01-15T12:00:00.250Z');

  function limited() {
    const clock = createVirtualClock({ now: start });
    const api = createFakeLeadApi({ leads: [aLead()], rateLimit: { limit: 2, windowSeconds: 60 }, clock });
    const ask = async () => {
      const { status, headers } = await api.fetch(urlOf(), aPatch({ properties: { at: clock.now() } }));
      return [status, headers.get('X-RateLimit-Remaining')];
    };
    return { api, clock, ask };
  }

  it('allows so many requests in a window that begins with its first request, then answers 429', async () => {
    const { clock, ask } = limited();
    expect(await ask()).toEqual([200, '1']);
    await clock.advance(59_000);
    expect([await ask(), await ask(), await ask()]).toEqual([
      [200, '0'],
      [429, '0'],
      [429, '0'],
    ]);
    await clock.advance(999);
    expect(await ask()).toEqual([429, '0']);
    await clock.advance(1);
    expect(await ask()).toEqual([200, '1']);
  });

  it('says in its 429 how long to wait, and applies nothing', async () => {
    const { api, clock, ask } = limited();
    await ask();
    await ask();
    const before = api.lead(documentedId);
    await clock.advance(20_500);
    const response = await api.fetch(urlOf(), aPatch({ properties: { lost: true } }));
    expect(await response.json()).toEqual({
      error: 'rate_limit_exceeded',
      message: expect.any(String),
      retry_after: 40,
    });
    expect(response.headers.get('Retry-After')).toBe('40');
    expect(response.headers.get('X-RateLimit-Limit')).toBe('2');
    expect(response.headers.get('X-RateLimit-Reset')).toBe(String(Date.parse('2025-01-15T12:01:01Z') / 1_000));
    expect(api.lead(documentedId)).toEqual(before);
    expect(api.requests).toHaveLength(3);
  });

  it('begins a new window when the clock is set back', async () => {
    const { clock, ask } = limited();
    await ask();
    await ask();
    clock.set(start - 3_600_000);
    expect(await ask()).toEqual([200, '1']);
  });

  it('holds up nothing without the option', async () => {
    const api = createFakeLeadApi({ leads: [aLead()], now: () => start });
    for (let request = 0; request < 1_500; request += 1) await api.fetch(urlOf(), {});
    expect((await api.fetch(urlOf(), {})).status).toBe(200);
  });
});

describe('with etag', () => {
  it('gives an ETag that changes with every write', async () => {
    const api = createFakeLeadApi({ leads: [aLead()], etag: true });
    const first = (await api.fetch(urlOf(), {})).headers.get('ETag');
    const second = (await api.fetch(urlOf(), aPatch({}))).headers.get('ETag');
    api.change(documentedId, {});
    const third = (await api.fetch(urlOf(), {})).headers.get('ETag');
    expect(new Set([first, second, third]).size).toBe(3);
    for (const etag of [first, second, third]) expect(etag).toMatch(/^"[^"]+"$/);
  });

  it('applies a PATCH whose If-Match names the current version, and refuses it with 412 afterwards', async () => {
    const api = createFakeLeadApi({ leads: [aLead()], etag: true });
    const etag = (await api.fetch(urlOf(), {})).headers.get('ETag') ?? '';
    const patch = aPatch({ properties: { score: 1 } }, { 'If-Match': `"other", ${etag}` });
    expect((await api.fetch(urlOf(), patch)).status).toBe(200);
    const stored = api.lead(documentedId);
    const refused = await api.fetch(urlOf(), patch);
    expect(refused.status).toBe(412);
    expect(await refused.json()).toEqual({ error: 'precondition_failed', message: expect.any(String) });
    expect(api.lead(documentedId)).toEqual(stored);
  });

  it('applies a PATCH with If-Match: * or with none, and never takes a weak tag for a match', async () => {
    const api = createFakeLeadApi({ leads: [aLead()], etag: true });
    const status = async (headers: Record<string, string>) => (await api.fetch(urlOf(), aPatch({}, headers))).status;
    expect([await status({ 'If-Match': '*' }), await status({})]).toEqual([200, 200]);
    const etag = (await api.fetch(urlOf(), {})).headers.get('ETag');
    expect(await status({ 'If-Match': `W/${etag}` })).toBe(412);
  });

  it('refuses an invalid body before it looks at If-Match', async () => {
    const api = createFakeLeadApi({ leads: [aLead()], etag: true });
    expect((await api.fetch(urlOf(), aPatch({ id: 1 }, { 'If-Match': '"other"' }))).status).toBe(422);
  });

  it('is neither given nor checked by default', async () => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    const response = await api.fetch(urlOf(), aPatch({}, { 'If-Match': '"other"' }));
    expect([response.status, response.headers.get('ETag')]).toEqual([200, null]);
  });
});

describe('with an idempotency header', () => {
  const keyed = (score: number, key: string) => aPatch({ properties: { score } }, { 'Idempotency-Key': key });

  it('answers a repeated key as the first time and applies nothing again', async () => {
    const api = createFakeLeadApi({ leads: [aLead()], idempotencyHeader: 'idempotency-key', etag: true });
    const first = await api.fetch(urlOf(), keyed(1, 'a'));
    await api.fetch(urlOf(), keyed(2, 'b'));
    const again = await api.fetch(urlOf(), keyed(1, 'a'));
    expect(await again.text()).toBe(await first.text());
    expect(again.headers.get('ETag')).toBe(first.headers.get('ETag'));
    expect(api.lead(documentedId)?.properties).toMatchObject({ score: 2 });
    expect(api.requests).toHaveLength(3);
  });

  it('knows the key of a request whose answer was lost', async () => {
    const api = createFakeLeadApi({ leads: [aLead()], idempotencyHeader: 'Idempotency-Key' });
    api.next('lost-answer');
    await expect(api.fetch(urlOf(), keyed(1, 'a'))).rejects.toThrow('Failed to fetch');
    const stored = api.lead(documentedId);
    expect(await (await api.fetch(urlOf(), keyed(1, 'a'))).json()).toEqual({ data: stored });
    expect(api.lead(documentedId)).toEqual(stored);
  });

  it('tries again what was refused under that key', async () => {
    const api = createFakeLeadApi({ leads: [aLead()], idempotencyHeader: 'Idempotency-Key' });
    api.next(503);
    const statuses = [];
    for (const init of [keyed(1, 'a'), aPatch('[]', { 'Idempotency-Key': 'a' }), keyed(1, 'a')]) {
      statuses.push((await api.fetch(urlOf(), init)).status);
    }
    expect(statuses).toEqual([503, 400, 200]);
  });

  it('ignores the header by default', async () => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    await api.fetch(urlOf(), keyed(1, 'a'));
    await api.fetch(urlOf(), keyed(2, 'a'));
    expect(api.lead(documentedId)?.properties).toMatchObject({ score: 2 });
  });
});
