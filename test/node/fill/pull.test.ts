import { describe, expect, it, vi } from 'vitest';
import { aLead, leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, type DeviceOptions, soon } from '../../builders/a-leadbox.ts';

const stopped = { autoSync: false };

describe('pull', () => {
  it('pages through all leads, 100 a request, and tells how far it is', async () => {
    const { device, leadbox } = aTab(230);
    const onProgress = vi.fn();
    expect(await leadbox.pull({ onProgress })).toEqual({ loaded: 230, total: 230 });
    expect(searches(device)).toEqual([0, 100, 200].map((offset) => `limit=100&offset=${offset}`));
    expect(onProgress.mock.calls.map(([{ loaded }]) => loaded)).toEqual([100, 200, 230]);
    expect(await leadbox.find((leads) => leads.toCollection())).toHaveLength(230);
  });

  it('gives its filters to the server, under their names there', async () => {
    const { device, leadbox } = aTab(2);
    const filters = { source: 'a&b', code: 'c d', createdAfter: '2025-01-01T00:00:00Z', createdBefore: '2025-02-01' };
    await leadbox.pull({ ...filters, pageSize: 1 });
    const [search] = device.api.requests.map(({ url }) => new URL(url, 'https://x.invalid').searchParams);
    expect(Object.fromEntries(search ?? [])).toEqual({
      ...{ limit: '1', offset: '0', source: 'a&b', code: 'c d' },
      ...{ created_after: '2025-01-01T00:00:00Z', created_before: '2025-02-01' },
    });
  });

  it.each([0, 101, Number.NaN])('of %s leads per request is invalid-option', async (pageSize) => {
    const { device, leadbox } = aTab(1);
    await expect(leadbox.pull({ pageSize })).rejects.toMatchObject({ code: 'invalid-option', path: ['pageSize'] });
    expect(device.api.requests).toEqual([]);
  });

  it('of no leads ends', async () => {
    const { leadbox } = aTab(0);
    expect(await leadbox.pull()).toEqual({ loaded: 0, total: 0 });
  });

  it('ends where the server has fewer leads than it says', async () => {
    const { device, leadbox } = aTab(0);
    device.api.next(Response.json({ data: [aLead()], pagination: { total: 1_000_000 } }));
    expect(await leadbox.pull()).toMatchObject({ loaded: 0 + 1 });
  });

  it.each<[string, string, Response | number | 'network-error' | 'lost-answer']>([
    ['HTML', 'bad-response', new Response('<h1>Welcome</h1>')],
    ['one lead', 'bad-response', Response.json({ data: aLead() })],
    ['a lead that is none', 'bad-response', Response.json({ data: [aLead(), { id: 'x' }], pagination: { total: 2 } })],
    ['no total', 'bad-response', Response.json({ data: [aLead()] })],
    ['a cut off answer', 'bad-response', new Response('{"data":[{"id":"5')],
    ['401', 'unauthorized', 401],
    ['500', 'request-failed', 500],
    ['nothing', 'network', 'network-error'],
    ['an answer that got lost', 'network', 'lost-answer'],
  ])('rejects when it is answered with %s, as %s, and goes on from there the next time', async (_, code, fault) => {
    const { device, leadbox } = aTab(250);
    const onProgress = vi.fn(({ loaded }) => loaded === 100 && device.api.next(fault));
    await expect(leadbox.pull({ onProgress })).rejects.toMatchObject({ code });
    expect(await leadbox.find((leads) => leads.toCollection())).toHaveLength(100);
    const before = searches(device).length;
    expect(await leadbox.pull()).toEqual({ loaded: 250, total: 250 });
    expect(searches(device).slice(before)).toEqual([100, 200].map((offset) => `limit=100&offset=${offset}`));
    expect(await leadbox.find((leads) => leads.toCollection())).toHaveLength(250);
  });

  it('with other filters begins at the beginning', async () => {
    const { device, leadbox } = aTab(150);
    const stop = new AbortController();
    await expect(leadbox.pull({ signal: stop.signal, onProgress: () => stop.abort() })).rejects.toThrow();
    await leadbox.pull({ source: 'website' });
    expect(searches(device).at(-2)).toContain('offset=0');
  });

  it('ends with aborted: before it began, in a request, and while it waits', async () => {
    const { device, leadbox } = aTab(250, { rateLimit: { limit: 2, windowSeconds: 60 } });
    await expect(leadbox.pull({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    expect(device.api.requests).toEqual([]);

    device.api.latency = 1_000;
    const inRequest = new AbortController();
    const first = leadbox.pull({ signal: inRequest.signal });
    await vi.waitFor(() => expect(device.api.requests).toHaveLength(1), soon);
    inRequest.abort();
    await expect(first).rejects.toMatchObject({ code: 'aborted' });

    device.api.latency = 0;
    const waiting = new AbortController();
    const second = leadbox.pull({ signal: waiting.signal });
    second.catch(() => {});
    await device.rest();
    waiting.abort();
    await expect(second).rejects.toMatchObject({ code: 'aborted' });
    expect(await leadbox.find((leads) => leads.toCollection())).toHaveLength(100);
  });

  it('R26, R27 keeps to the rate limit, and waits as long as a 429 asks', async () => {
    const { device, leadbox } = aTab(450, { rateLimit: { limit: 2, windowSeconds: 60 } });
    const pulling = leadbox.pull();
    for (let minutes = 0; minutes < 12; minutes += 1) await device.clock.advance(30_000);
    expect(await pulling).toEqual({ loaded: 450, total: 450 });
    device.api.next(429);
    const again = leadbox.pull();
    for (let minutes = 0; minutes < 24; minutes += 1) await device.clock.advance(30_000);
    expect(await again).toEqual({ loaded: 450, total: 450 });
    const at = device.api.requests.map((request) => request.at);
    for (const [index, time] of at.entries()) expect(time - (at[index - 3] ?? 0)).toBeGreaterThan(59_000);
  });

  it('R26 waits as replay does: no longer than an hour, and not long after it may go on', async () => {
    const { device, leadbox } = aTab(1, { random: () => 0.99 });
    for (const [asked, longest] of [
      [600, 660_000],
      [36_000, 3_600_000],
    ] as const) {
      device.api.next(new Response('{}', { status: 429, headers: { 'Retry-After': `${asked}` } }));
      const before = device.api.requests.length;
      const pulling = leadbox.pull();
      await device.clock.advance(longest - 60_000);
      expect(device.api.requests).toHaveLength(before + 1);
      await device.clock.advance(60_000);
      expect(await pulling).toMatchObject({ loaded: 1 });
    }
  });

  it.each(['0', 'Wed, 15 Jan 2020 12:00:00 GMT'])(
    'R26 that a 429 sends away until now (%s) is refused',
    async (after) => {
      const { device, leadbox } = aTab(1);
      device.api.next(new Response('{}', { status: 429, headers: { 'Retry-After': after } }), 3);
      await expect(leadbox.pull()).rejects.toMatchObject({ code: 'request-failed' });
      expect(device.api.requests).toHaveLength(1);
    },
  );

  it('begins anew after five minutes: the list may be another one by then', async () => {
    const { device, leadbox } = aTab(250);
    const stop = new AbortController();
    const options = { signal: stop.signal, onProgress: () => stop.abort() };
    await expect(leadbox.pull(options)).rejects.toMatchObject({ code: 'aborted' });
    await device.clock.advance(300_001);
    expect(await leadbox.pull()).toEqual({ loaded: 250, total: 250 });
    expect(device.api.requests.filter(({ url }) => url.includes('offset=0'))).toHaveLength(2);
  });

  it('ends when the leadbox is closed', async () => {
    const { device, leadbox } = aTab(250, { rateLimit: { limit: 1, windowSeconds: 60 } });
    const pulling = leadbox.pull();
    pulling.catch(() => {});
    await device.rest();
    await leadbox.close();
    await expect(pulling).rejects.toMatchObject({ code: expect.stringMatching(/aborted|closed/) });
  });

  it('R23, R35 keeps pending edits on top, and never goes back', async () => {
    const { device, leadbox } = aTab(3);
    await leadbox.load(someLeads(3));
    await leadbox.patch(leadId(0), { properties: { industry: 'mine' } });
    device.api.change(leadId(0), { properties: { industry: 'theirs', company_size: 'theirs' } });
    await leadbox.load([aLead({ id: leadId(1), updated_at: '2030-01-01T00:00:00Z', code: 'newest' })]);
    await leadbox.pull();
    expect(await leadbox.get(leadId(0))).toMatchObject({
      lead: { properties: { industry: 'mine', company_size: 'theirs' } },
      server: { properties: { industry: 'theirs' } },
    });
    expect((await leadbox.get(leadId(1)))?.lead.code).toBe('newest');
  });

  it('R52 of 10,000 leads gives the page its turn again and again, and stores page by page', async () => {
    const { leadbox } = aTab(10_000);
    const turns: number[] = [];
    const ticking = setInterval(() => turns.push(Date.now()), 1);
    const stored: number[] = [];
    await leadbox.pull({ onProgress: ({ loaded }) => void stored.push(loaded) });
    clearInterval(ticking);
    expect(stored).toHaveLength(100);
    expect(turns.length).toBeGreaterThan(100);
    expect((await leadbox.get(leadId(9_999)))?.lead.id).toBe(leadId(9_999));
  }, 60_000);
});

function aTab(count: number, options: DeviceOptions = {}) {
  const device = aDevice({ leads: someLeads(count), ...options });
  return { device, leadbox: device.tab(stopped) };
}

function searches(device: ReturnType<typeof aDevice>): string[] {
  return device.api.requests.map(({ url }) => url.slice(url.indexOf('?') + 1));
}
