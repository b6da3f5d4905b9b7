import { describe, expect, it } from 'vitest';
import { createFakeLeadApi, type FakeLeadApi } from '../../../src/testing.ts';
import { aLead, aPatch, documentedId, someLeads, urlOf } from './documented-lead.ts';

const now = () => Date.parse('2025-01-15T15:45:00Z');
const documentedRequest =
  '{"properties":{"status":"qualified","score":90},"summary":{"notes":"High priority lead"},"company_id":"aa0e8400-e29b-41d4-a716-446655440005"}';
const documentedAnswer =
  '{"data":{"id":"550e8400-e29b-41d4-a716-446655440000","visitor_id":"660e8400-e29b-41d4-a716-446655440001","workspace_id":"770e8400-e29b-41d4-a716-446655440002","code":"lead_001","source":"website","created_at":"2025-01-15T10:30:00Z","updated_at":"2025-01-15T15:45:00Z","properties":{"status":"qualified","score":90},"location":{"city":"San Francisco","country":"USA"},"identity_id":"880e8400-e29b-41d4-a716-446655440003","session_id":"990e8400-e29b-41d4-a716-446655440004","summary":{"notes":"High priority lead"},"company_id":"aa0e8400-e29b-41d4-a716-446655440005"}}';

describe('the documented example', () => {
  it('gets the documented answer byte for byte from a server that replaces sections', async () => {
    const api = createFakeLeadApi({ leads: [aLead()], sections: 'replace', now });
    const response = await api.fetch(urlOf(), aPatch(documentedRequest));
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/json');
    expect(await response.text()).toBe(documentedAnswer);
  });

  it('gets the documented answer byte for byte from a server that merges sections into empty ones', async () => {
    const api = createFakeLeadApi({ leads: [aLead({ properties: {} })], now });
    expect(await (await api.fetch(urlOf(), aPatch(documentedRequest))).text()).toBe(documentedAnswer);
  });

  it('has the documented order of members, whatever order the lead was given in, and later members last', async () => {
    const reversed = Object.fromEntries(Object.entries({ later: 1, ...aLead() }).reverse());
    const api = createFakeLeadApi({ leads: [reversed], sections: 'replace', now });
    const answer = await (await api.fetch(urlOf(), aPatch(documentedRequest))).text();
    expect(answer).toBe(documentedAnswer.replace(/\}\}$/, ',"later":1}}'));
  });
});

describe('PATCH /leads/<id>', () => {
  it('merges a section, deleting what is null', async () => {
    const api = createFakeLeadApi({ leads: [aLead({ properties: { a: { x: 1, y: 2 }, b: [1, 2], c: 3 } })] });
    await api.fetch(urlOf(), aPatch({ properties: { a: { x: null, z: 3 }, b: [null], c: null } }));
    expect(api.lead(documentedId)?.properties).toEqual({ a: { y: 2, z: 3 }, b: [null] });
  });

  it('replaces a section whole and as it was sent, and leaves the unnamed ones', async () => {
    const api = createFakeLeadApi({ leads: [aLead()], sections: 'replace' });
    await api.fetch(urlOf(), aPatch({ properties: { status: 'won', score: null } }));
    expect(api.lead(documentedId)).toMatchObject({
      properties: { status: 'won', score: null },
      location: { city: 'San Francisco', country: 'USA' },
    });
    expect(api.lead(documentedId)?.properties).not.toHaveProperty('industry');
  });

  it.each(['merge', 'replace'] as const)('clears a section and the company with null (%s)', async (sections) => {
    const company_id = 'aa0e8400-e29b-41d4-a716-446655440005';
    const api = createFakeLeadApi({ leads: [aLead({ company_id })], sections });
    await api.fetch(urlOf(), aPatch({ location: null, company_id: null }));
    expect(api.lead(documentedId)).toMatchObject({ location: null, company_id: null });
  });

  it('moves updated_at on with every PATCH while the clock stands still', async () => {
    const api = createFakeLeadApi({ leads: [aLead()], now });
    const seen: unknown[] = [];
    for (const score of [1, 1, 2]) {
      await api.fetch(urlOf(), aPatch({ properties: { score } }));
      seen.push(api.lead(documentedId)?.updated_at);
    }
    expect(seen).toEqual(['2025-01-15T15:45:00Z', '2025-01-15T15:45:01Z', '2025-01-15T15:45:02Z']);
  });

  it('moves updated_at on from a lead that is ahead of the clock', async () => {
    const api = createFakeLeadApi({ leads: [aLead({ updated_at: '2031-01-01T00:00:00.500Z' })], now });
    await api.fetch(urlOf(), aPatch({}));
    expect(api.lead(documentedId)?.updated_at).toBe('2031-01-01T00:00:01Z');
  });

  it.each(['merge', 'replace'] as const)('takes __proto__ for an ordinary key (%s)', async (sections) => {
    const api = createFakeLeadApi({ leads: [aLead({ properties: {} })], sections });
    const response = await api.fetch(urlOf(), aPatch('{"properties":{"__proto__":{"polluted":1},"constructor":2}}'));
    expect(await response.text()).toContain('"properties":{"__proto__":{"polluted":1},"constructor":2}');
    expect(JSON.stringify(api.lead(documentedId)?.properties)).toBe('{"__proto__":{"polluted":1},"constructor":2}');
    expect('polluted' in {}).toBe(false);
  });

  it.each([
    ['malformed JSON', '{"properties":', 400, 'bad_request'],
    ['no body', '', 400, 'bad_request'],
    ['an array', '[]', 400, 'bad_request'],
    ['null', 'null', 400, 'bad_request'],
    ['a read-only member', '{"code":"x"}', 422, 'validation_error'],
    ['an unknown member', '{"colour":"red"}', 422, 'validation_error'],
    ['__proto__ as a member', '{"__proto__":{}}', 422, 'validation_error'],
    ['a section that is no object', '{"summary":"x"}', 422, 'validation_error'],
    ['a section that is an array', '{"summary":[]}', 422, 'validation_error'],
    ['a company that is no UUID', '{"company_id":"acme"}', 422, 'validation_error'],
    ['a body nested too deeply', `{"properties":${'{"a":'.repeat(150)}1${'}'.repeat(150)}}`, 422, 'validation_error'],
  ])('refuses %s and changes nothing', async (_, body, status, error) => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    const response = await api.fetch(urlOf(), aPatch(body));
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error, message: expect.any(String) });
    expect(api.lead(documentedId)).toEqual(aLead());
  });
});

describe('GET', () => {
  it('gives one lead', async () => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    expect(await jsonOf(api, urlOf())).toEqual({ data: aLead() });
  });

  it('gives 50 leads by default, in the order in which they were given', async () => {
    const leads = someLeads(120);
    const api = createFakeLeadApi({ leads });
    expect(await jsonOf(api, '/api/v1/leads')).toEqual({
      data: leads.slice(0, 50),
      pagination: { limit: 50, offset: 0, total: 120 },
    });
  });

  it('gives a page with limit and offset, keeps the order after a change, and stops at the end', async () => {
    const leads = someLeads(120);
    const api = createFakeLeadApi({ leads });
    await api.fetch(urlOf(leads[0]?.id), aPatch({ properties: { score: 1 } }));
    const { data, pagination } = await jsonOf(api, '/api/v1/leads?limit=30&offset=100');
    expect(data).toEqual(leads.slice(100));
    expect(pagination).toEqual({ limit: 30, offset: 100, total: 120 });
    expect(api.leads().map(({ id }) => id)).toEqual(leads.map(({ id }) => id));
  });

  it('gives at most 100 leads', async () => {
    const api = createFakeLeadApi({ leads: someLeads(120) });
    const { data, pagination } = await jsonOf(api, '/api/v1/leads?limit=1000');
    expect([data.length, pagination.limit]).toEqual([100, 100]);
  });

  it.each([
    ['source=referral', ['lead_002', 'lead_004', 'lead_006']],
    ['code=lead_003', ['lead_003']],
    ['code=none', []],
    ['created_after=2025-01-15T10:03:00Z', ['lead_005', 'lead_006']],
    ['created_before=2025-01-15T10:01:00Z', ['lead_001']],
    ['created_after=2025-01-15T11:00:00%2B01:00&created_before=2025-01-15T10:03:00Z', ['lead_002', 'lead_003']],
    ['source=website&created_after=2025-01-15T10:01:00Z&offset=1', ['lead_005']],
  ])('filters by %s', async (query, codes) => {
    const api = createFakeLeadApi({ leads: someLeads(6) });
    const { data } = await jsonOf(api, `/api/v1/leads?${query}`);
    expect(data.map(({ code }: { code: string }) => code)).toEqual(codes);
  });

  it.each([
    'limit=0',
    'limit=-1',
    'limit=',
    'limit=ten',
    'offset=-1',
    'offset=1.5',
    'created_after=5',
    'created_before=soon',
  ])('answers 400 to %s', async (query) => {
    const response = await createFakeLeadApi().fetch(`/api/v1/leads?${query}`, {});
    expect(response.status).toBe(400);
  });
});

describe('every answer', () => {
  it.each([
    ['https://api.example.com/api/v1/leads', 200],
    ['https://app.example.com/proxy/leads', 200],
    ['leads', 200],
    ['/leads?limit=1#top', 200],
    ['/api/v1/leads/', 404],
    ['/api/v1/companies', 404],
    ['/api/v1/misleads', 404],
    ['/api/v1/leads/no-uuid', 404],
    ['/api/v1/leads/%zz', 404],
    ['/api/v1/leads/550e8400-e29b-41d4-a716-44665544ffff', 404],
  ])('to GET %s is %i with the documented headers', async (url, status) => {
    const api = createFakeLeadApi({ leads: [aLead()], now });
    const { headers, ...response } = await seen(api, url, {});
    expect(response.status).toBe(status);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      date: 'Wed, 15 Jan 2025 15:45:00 GMT',
      'x-workspace-id': '770e8400-e29b-41d4-a716-446655440002',
      'x-ratelimit-limit': '1000',
      'x-ratelimit-remaining': '999',
      'x-ratelimit-reset': String(now() / 1_000 + 60),
    });
  });

  it.each([
    ['DELETE', urlOf(), 'GET, PATCH'],
    ['POST', '/api/v1/leads', 'GET'],
    ['PATCH', '/api/v1/leads', 'GET'],
    ['patch', urlOf(), 'GET, PATCH'],
  ])('to %s %s is 405 and names the methods there are', async (method, url, allowed) => {
    const { status, headers } = await seen(createFakeLeadApi({ leads: [aLead()] }), url, { method });
    expect([status, headers.allow]).toEqual([405, allowed]);
  });
});

describe('what the server holds', () => {
  it('shares nothing with its caller', async () => {
    const given = aLead({ properties: { tags: ['a'] } });
    const api = createFakeLeadApi({ leads: [given] });
    const spoil = (value: unknown) => ((value as { properties: { tags: string[] } }).properties.tags[0] = 'spoilt');
    spoil(given);
    spoil(api.lead(documentedId));
    spoil(api.leads()[0]);
    const patch = { properties: { tags: ['b'] } };
    api.change(documentedId, patch);
    spoil(patch);
    await api.fetch(urlOf(), aPatch({ properties: { tags: ['c'] } }));
    spoil(api.requests[0]?.body);
    expect(api.lead(documentedId)?.properties).toEqual({ tags: ['c'] });
  });

  it('changes as someone else edits it', () => {
    const api = createFakeLeadApi({ leads: [aLead()], now });
    api.change(documentedId, { properties: { industry: null, status: 'won' }, source: 'referral', later: { a: 1 } });
    expect(api.lead(documentedId)).toEqual(
      aLead({
        properties: { company_size: '50-100', status: 'won' },
        source: 'referral',
        later: { a: 1 },
        updated_at: '2025-01-15T15:45:00Z',
      }),
    );
    expect(api.requests).toEqual([]);
  });

  it.each([
    ['an unknown lead', '550e8400-e29b-41d4-a716-44665544ffff', {}, 'lead-not-found'],
    ['an invalid member', documentedId, { properties: 'x' }, 'invalid-edit'],
    ['the id', documentedId, { id: '550e8400-e29b-41d4-a716-44665544ffff' }, 'invalid-edit'],
  ])('refuses a change of %s', (_, id, patch, code) => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    expect(() => api.change(id, patch)).toThrow(expect.objectContaining({ code }));
    expect(api.leads()).toEqual([aLead()]);
  });

  it.each([
    ['is no object', [aLead(), 'lead'], 'invalid-lead', ['1']],
    ['has an id that is no UUID', [aLead({ id: 'x' })], 'invalid-lead', ['0', 'id']],
    ['has a section that is no object', [{ ...aLead(), summary: 'x' }], 'invalid-lead', ['0', 'summary']],
    ['repeats an id', [aLead(), aLead()], 'invalid-lead', ['1', 'id']],
    [
      'holds what JSON cannot carry',
      [{ ...aLead(), properties: { at: new Date() } }],
      'invalid-lead',
      ['0', 'properties', 'at'],
    ],
  ])('refuses a lead that %s', (_, leads, code, path) => {
    expect(() => createFakeLeadApi({ leads })).toThrow(expect.objectContaining({ code, path }));
  });

  it('is unknown for an id that it does not have', () => {
    expect(createFakeLeadApi().lead(documentedId)).toBeUndefined();
  });
});

describe('the log of requests', () => {
  it('holds what arrived, in order, before fetch returns', () => {
    const api = createFakeLeadApi({ leads: [aLead()], now });
    const headers = { Authorization: 'Bearer x', 'Content-Type': 'application/json' };
    void api.fetch(urlOf(), { method: 'PATCH', body: '{ "summary": null }', headers });
    void api.fetch('/api/v1/leads?limit=1', { method: 'get' });
    const [first, second] = api.requests;
    expect(first).toMatchObject({
      method: 'PATCH',
      url: urlOf(),
      body: { summary: null },
      text: '{ "summary": null }',
      at: now(),
    });
    expect(first?.headers.get('authorization')).toBe('Bearer x');
    expect(second).toMatchObject({ method: 'GET', url: '/api/v1/leads?limit=1', body: undefined, text: undefined });
  });

  it('holds a body that is no JSON as text', async () => {
    const api = createFakeLeadApi();
    await api.fetch(urlOf(), aPatch('not json'));
    await api.fetch(urlOf(), aPatch('null'));
    expect(api.requests.map(({ body, text }) => [body, text])).toEqual([
      ['not json', 'not json'],
      [null, 'null'],
    ]);
  });

  it('reads bodies that are not text', async () => {
    const api = createFakeLeadApi({ leads: [aLead()] });
    const response = await api.fetch(urlOf(), { method: 'PATCH', body: new Blob(['{"location":null}']) });
    expect([response.status, api.requests[0]?.body]).toEqual([200, { location: null }]);
  });
});

async function jsonOf(api: FakeLeadApi, url: string) {
  return JSON.parse(await (await api.fetch(url, {})).text());
}

async function seen(api: FakeLeadApi, url: string, init: RequestInit) {
  const response = await api.fetch(url, init);
  return { status: response.status, headers: Object.fromEntries(response.headers) };
}
