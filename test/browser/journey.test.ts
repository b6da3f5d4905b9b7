import { describe, expect, it } from 'vitest';
import type { LeadboxEvent } from '../../src/index.ts';
import { aLead, leadId } from '../builders/a-lead.ts';
import { aLeadbox, aName, openFrame, openTab, patiently, rowsOf, valuesOf } from './a-page.ts';
import { aServer } from './a-server.ts';
import { demandSilence } from './silence.ts';

const id = leadId(0);
const synced = { state: 'synced', pending: 0, parked: 0 };
/** Backoff so long that nothing is tried again during a test. */
const patient = { retry: { minDelay: 3_600_000, maxDelay: 3_600_000 } };
const html = { 'Content-Type': 'text/html' };
const json = { 'Content-Type': 'application/json' };

demandSilence();

describe('an edit made while the server cannot be reached', () => {
  it('R3 shows at once, R44 is there after reopening, R14 is sent in order, R23 ends as the server has it', async () => {
    const server = await aServer({ leads: [aLead()] });
    await server.set({ offline: true });
    const options = { name: aName(), baseUrl: server.baseUrl };

    const before = aLeadbox(options);
    await before.load([aLead()]);
    const seen = valuesOf(before.observe(id));
    await expect.poll(() => seen, patiently).toHaveLength(1);
    const edit = before.edit(id, ({ properties }) => {
      properties.status = 'qualified';
    });
    expect(seen.at(-1)?.lead.properties).toHaveProperty('status', 'qualified');
    await edit;
    await expect.poll(() => before.status(), patiently).toMatchObject({ lastError: { code: 'network' } });
    await before.patch(id, { summary: { notes: 'Call again' } });
    await before.patch(id, { summary: null });
    await before.patch(id, { summary: { notes: 'Send an offer' } });
    await before.close();
    expect(await server.requests()).toEqual([]);

    const after = aLeadbox(options);
    const shown = valuesOf(after.observe(id));
    await expect.poll(() => shown.length, patiently).toBeGreaterThan(0);
    const mine = { properties: { status: 'qualified' }, summary: { notes: 'Send an offer' } };
    expect(shown[0]).toMatchObject({ pending: 4, lead: mine });
    await server.change(id, { location: { city: 'Oakland' } });
    await server.set({ offline: false });
    await expect.poll(() => after.status(), patiently).toMatchObject(synced);
    expect((await server.patches()).map(({ text }) => text)).toEqual([
      '{"properties":{"status":"qualified"}}',
      '{"summary":null}',
      '{"summary":{"notes":"Send an offer"}}',
    ]);
    const end = await after.get(id);
    expect(end).toMatchObject({ pending: 0, parked: 0, lead: { ...mine, location: { city: 'Oakland' } } });
    expect(end?.lead).toEqual(await server.lead(id));
    expect(end?.server).toBe(end?.lead);
  });

  it('R44 is in the first view after a reload without a network, and is sent after it', async () => {
    const server = await aServer({ leads: [aLead()] });
    const page = await openFrame({ name: aName(), baseUrl: server.baseUrl });
    await page.leadbox.load([aLead()]);
    await server.set({ offline: true });
    await page.leadbox.patch(id, { properties: { score: 90 } });
    await page.leadbox.patch(id, { location: { city: 'Reno' } });

    await page.reload();
    const shown = valuesOf(page.leadbox.observe(id));
    await expect.poll(() => shown.length, patiently).toBeGreaterThan(0);
    expect(shown[0]).toMatchObject({ pending: 2, lead: { properties: { score: 90 }, location: { city: 'Reno' } } });

    await page.reload();
    await server.set({ offline: false });
    await expect.poll(() => page.leadbox.status(), patiently).toMatchObject(synced);
    expect((await page.leadbox.get(id))?.lead).toEqual(await server.lead(id));
    expect(await server.lead(id)).toMatchObject({ properties: { score: 90 }, location: { city: 'Reno' } });
  });

  it('R44 is sent by a tab that is opened after the one that made it was closed in the middle of its request', async () => {
    const server = await aServer({ leads: [aLead()] });
    const options = { name: aName(), baseUrl: server.baseUrl };
    const first = await openTab(options);
    await first.leadbox.load([aLead()]);
    await server.next('hang');
    await first.leadbox.patch(id, { properties: { score: 90 } });
    await expect.poll(() => server.patches(), patiently).toHaveLength(1);
    first.close();
    const second = await openTab(options);
    await expect.poll(() => second.leadbox.status(), patiently).toMatchObject(synced);
    expect((await server.patches()).map(({ text }) => text)).toEqual(Array(2).fill('{"properties":{"score":90}}'));
  });

  it('R61 is sent when the browser says that it is online, however long the backoff', async () => {
    const server = await aServer({ leads: [aLead()] });
    await server.set({ offline: true });
    const leadbox = aLeadbox({ baseUrl: server.baseUrl, ...patient });
    await leadbox.load([aLead()]);
    const { settled } = await leadbox.patch(id, { properties: { score: 90 } });
    await expect.poll(() => leadbox.status(), patiently).toMatchObject({ state: 'waiting', pending: 1 });
    await server.set({ offline: false });
    window.dispatchEvent(new Event('online'));
    expect(await settled).toMatchObject({ outcome: 'synced' });
    expect(await leadbox.status()).toMatchObject(synced);
  });

  it('R25 is tried again and again, also when a wait ends while the next request is being chosen', async () => {
    const server = await aServer({ leads: [aLead()] });
    await server.next(503, 30);
    const leadbox = aLeadbox({ baseUrl: server.baseUrl, retry: { minDelay: 1, maxDelay: 10 } });
    await leadbox.load([aLead()]);
    await leadbox.patch(id, { properties: { score: 90 } });
    await expect.poll(() => leadbox.status(), patiently).toMatchObject(synced);
    expect(await server.patches()).toHaveLength(31);
  });

  it('R17 is sent again, the same bytes, when its answer was lost on the way', async () => {
    const server = await aServer({ leads: [aLead()] });
    await server.next('lost-answer', 2);
    const leadbox = aLeadbox({ baseUrl: server.baseUrl });
    await leadbox.load([aLead()]);
    const { settled } = await leadbox.patch(id, { properties: { score: 90, name: 'Zoë 🚀' } });
    expect(await settled).toMatchObject({ outcome: 'synced' });
    expect((await server.patches()).map(({ text }) => text)).toEqual(
      Array(3).fill('{"properties":{"score":90,"name":"Zoë 🚀"}}'),
    );
  });
});

describe('the documented example', () => {
  const request =
    '{"properties":{"status":"qualified","score":90},"summary":{"notes":"High priority lead"},"company_id":"aa0e8400-e29b-41d4-a716-446655440005"}';
  const answer =
    '{"data":{"id":"550e8400-e29b-41d4-a716-446655440000","visitor_id":"660e8400-e29b-41d4-a716-446655440001","workspace_id":"770e8400-e29b-41d4-a716-446655440002","code":"lead_001","source":"website","created_at":"2025-01-15T10:30:00Z","updated_at":"2025-01-15T15:45:00Z","properties":{"status":"qualified","score":90},"location":{"city":"San Francisco","country":"USA"},"identity_id":"880e8400-e29b-41d4-a716-446655440003","session_id":"990e8400-e29b-41d4-a716-446655440004","summary":{"notes":"High priority lead"},"company_id":"aa0e8400-e29b-41d4-a716-446655440005"}}';

  it('leaves as documented, byte for byte', async () => {
    const server = await aServer({ leads: [aLead()] });
    const leadbox = aLeadbox({ baseUrl: server.baseUrl });
    await leadbox.load([aLead()]);
    await (await leadbox.patch(id, JSON.parse(request))).settled;
    expect(await server.requests()).toMatchObject([
      {
        method: 'PATCH',
        url: `${location.origin}${server.baseUrl}/leads/550e8400-e29b-41d4-a716-446655440000`,
        headers: { 'content-type': 'application/json', 'content-length': String(request.length) },
        text: request,
      },
    ]);
  });

  it('leaves with the documented members and values when a recipe makes it', async () => {
    const server = await aServer({ leads: [aLead()] });
    const leadbox = aLeadbox({ baseUrl: server.baseUrl });
    await leadbox.load([aLead()]);
    const edit = await leadbox.edit(id, (draft) => {
      draft.properties.status = 'qualified';
      draft.properties.score = 90;
      draft.summary.notes = 'High priority lead';
      draft.company_id = 'aa0e8400-e29b-41d4-a716-446655440005';
    });
    await edit.settled;
    expect((await server.patches()).map(({ text }) => JSON.parse(text))).toEqual([JSON.parse(request)]);
  });

  it('R23 comes back as documented and is the view, member by member', async () => {
    const server = await aServer({ leads: [aLead()] });
    await server.next({ status: 200, headers: json, body: answer });
    const leadbox = aLeadbox({ baseUrl: server.baseUrl });
    await leadbox.load([aLead({ properties: {} })]);
    const { settled } = await leadbox.patch(id, JSON.parse(request));
    const documented = JSON.stringify(JSON.parse(answer).data);
    expect(await settled).toMatchObject({ outcome: 'synced' });
    expect(JSON.stringify((await leadbox.get(id))?.lead)).toBe(documented);
    expect(JSON.stringify((await leadbox.find())[0])).toBe(documented);
    expect(await leadbox.status()).toMatchObject(synced);
    expect(await server.requests()).toHaveLength(1);
  });
});

describe('the option headers', () => {
  it.each([
    ['a function', (token: string) => ({ 'X-Token': token })],
    ['a function of a promise', async (token: string) => new Headers({ 'X-Token': token })],
  ])('is asked again before every attempt (%s)', async (_, headersOf) => {
    const server = await aServer({ leads: [aLead()] });
    await server.next(503, 2);
    let asked = 0;
    const leadbox = aLeadbox({ baseUrl: server.baseUrl, headers: () => headersOf(`token-${++asked}`) });
    await leadbox.load([aLead()]);
    await (await leadbox.patch(id, { properties: { score: 90 } })).settled;
    await leadbox.refresh(id);
    expect((await server.requests()).map(({ method, headers }) => [method, headers['x-token']])).toEqual([
      ['PATCH', 'token-1'],
      ['PATCH', 'token-2'],
      ['PATCH', 'token-3'],
      ['GET', 'token-4'],
    ]);
  });

  it('R53 takes nothing away from what the API needs, and leaves no trace on the device', async () => {
    const server = await aServer({ leads: [aLead()] });
    const name = aName();
    const headers = { Authorization: 'Bearer very-secret', 'Content-Type': 'text/plain' };
    const leadbox = aLeadbox({ name, baseUrl: server.baseUrl, headers });
    await leadbox.load([aLead()]);
    await server.next(503);
    await (await leadbox.patch(id, { properties: { score: 90 } })).settled;
    const last = (await server.patches()).at(-1);
    expect(last?.headers).toMatchObject({ authorization: 'Bearer very-secret', 'content-type': 'application/json' });
    expect(JSON.stringify([await rowsOf(name), await rowsOf(`leadbox-replay:${name}`)])).not.toContain('very-secret');
  });
});

describe('R19 what is no answer of the API is no success:', () => {
  const portal = '<!doctype html><title>Welcome</title><p>Sign in to use the Wi-Fi of this hotel.</p>';
  const answerFor = (lead: unknown) => JSON.stringify({ data: lead });

  it.each([
    ['the page of a captive portal', { status: 200, headers: html, body: portal }],
    ['the same page, called JSON', { status: 200, headers: json, body: portal }],
    ['nothing', { status: 200, headers: json, body: '' }],
    ['no content', { status: 204, body: '' }],
    ['half of an answer', { status: 200, headers: json, body: answerFor(aLead()).slice(0, 200) }],
    ['another lead', { status: 200, headers: json, body: answerFor(aLead({ id: leadId(7) })) }],
    ['a lead without its date', { status: 200, headers: json, body: answerFor({ ...aLead(), updated_at: undefined }) }],
  ])('%s', async (_, answer) => {
    const server = await aServer({ leads: [aLead()] });
    await server.next(answer);
    const options = { name: aName(), baseUrl: server.baseUrl };
    const first = aLeadbox({ ...options, ...patient });
    await first.load([aLead()]);
    const { settled } = await first.patch(id, { properties: { score: 90 } });
    await expect
      .poll(() => first.status(), patiently)
      .toMatchObject({ state: 'waiting', waitingFor: 'retry', pending: 1 });
    expect((await first.status()).lastError).toMatchObject({ code: 'bad-response' });
    expect(await first.get(id)).toMatchObject({ pending: 1, lead: { properties: { score: 90 } } });
    expect(await first.sync()).toMatchObject({ synced: 1, pending: 0 });
    expect(await settled).toMatchObject({ outcome: 'synced' });
    expect((await server.patches()).map(({ text }) => text)).toEqual(Array(2).fill('{"properties":{"score":90}}'));
  });
});

describe('R20 a redirect is never followed:', () => {
  it.each([
    ['to a sign-in page', 302, 'signInPage'],
    ['to another origin that would answer', 302, 'elsewhere'],
    ['to another origin that would answer, with the same method', 307, 'elsewhere'],
    ['for good', 308, 'elsewhere'],
  ] as const)('%s (%i is %s)', async (_, status, target) => {
    const server = await aServer({ leads: [aLead()] });
    await server.next({ status, headers: { Location: `${server[target]}/leads/${id}` }, body: '' });
    const leadbox = aLeadbox({ baseUrl: server.baseUrl, ...patient });
    await leadbox.load([aLead()]);
    await leadbox.patch(id, { properties: { score: 90 } });
    await expect.poll(() => leadbox.status(), patiently).toMatchObject({ waitingFor: 'session', pending: 1 });
    expect(await leadbox.get(id)).toMatchObject({ pending: 1, parked: 0, lead: { properties: { score: 90 } } });
    expect((await server.requests()).map(({ method, url }) => [method, new URL(url).pathname])).toEqual([
      ['PATCH', `${server.baseUrl}/leads/${id}`],
    ]);
  });

  it('nor is that of a read', async () => {
    const server = await aServer({ leads: [aLead()] });
    await server.next({ status: 302, headers: { Location: `${server.elsewhere}/leads/${id}` }, body: '' });
    const leadbox = aLeadbox({ baseUrl: server.baseUrl });
    await expect(leadbox.refresh(id)).rejects.toMatchObject({ code: 'request-failed' });
    expect(await server.requests()).toHaveLength(1);
  });

  it('after the sign-in the edit is sent all the same', async () => {
    const server = await aServer({ leads: [aLead()] });
    await server.next({ status: 302, headers: { Location: server.signInPage }, body: '' }, 3);
    const leadbox = aLeadbox({ baseUrl: server.baseUrl });
    await leadbox.load([aLead()]);
    const { settled } = await leadbox.patch(id, { properties: { score: 90 } });
    expect(await settled).toMatchObject({ outcome: 'synced' });
    expect(await server.requests()).toHaveLength(4);
  });
});

describe('R29 a request ends when its time is over:', () => {
  it.each([
    ['without an answer', 'hang' as const],
    ['in the middle of the body', { status: 200, headers: json, body: '{"data":{"id":"550e', ends: false }],
  ])('%s', async (_, fault) => {
    const server = await aServer({ leads: [aLead()] });
    await server.next(fault);
    const events: LeadboxEvent[] = [];
    const leadbox = aLeadbox({ baseUrl: server.baseUrl, timeout: 300, onEvent: (event) => events.push(event) });
    await leadbox.load([aLead()]);
    const { settled } = await leadbox.patch(id, { properties: { score: 90 } });
    await expect.poll(() => leadbox.status(), patiently).toMatchObject({ lastError: { code: 'network' } });
    expect(await settled).toMatchObject({ outcome: 'synced' });
    expect(new Set((await server.patches()).map(({ text }) => text))).toEqual(new Set(['{"properties":{"score":90}}']));
  });
});
