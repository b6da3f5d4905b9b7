import { describe, expect, it } from 'vitest';
import type { Leadbox, LeadboxEvent } from '../../../src/index.ts';
import { createLocalLocks } from '../../../src/testing.ts';
import { aLead, anAnswer, leadId } from '../../builders/a-lead.ts';
import { aDevice, type Device, soon, valuesOf } from '../../builders/a-leadbox.ts';

const id = leadId(0);
const json = (body: unknown) => JSON.stringify(body);

describe('R19 what is not the lead is no success, the edit stays and is sent again:', () => {
  it.each<[string, () => Response]>([
    ['200 with HTML, as of a captive portal', () => html('<html><body>Welcome to the hotel</body></html>')],
    ['200 with HTML that calls itself JSON', () => new Response('<html>', { headers: jsonType })],
    ['200 without a body', () => new Response(null)],
    ['200 with an empty body', () => new Response('', { headers: jsonType })],
    ['200 with a truncated body', () => new Response(json({ data: aLead() }).slice(0, 300), { headers: jsonType })],
    ['200 with another lead', () => anAnswer({ id: leadId(5) })],
    ['200 without data', () => new Response(json({}))],
    ['200 with data that is null', () => new Response(json({ data: null }))],
    ['200 with data that is a list', () => new Response(json({ data: [aLead()] }))],
    ['200 with a bare lead', () => new Response(json(aLead()))],
    ['200 with null', () => new Response('null')],
    ['200 with a lead without updated_at', () => new Response(json({ data: { ...aLead(), updated_at: undefined } }))],
    ['200 with a lead whose section is text', () => new Response(json({ data: { ...aLead(), properties: 'x' } }))],
    ['200 with an error in it', () => new Response(json({ error: 'oops', message: 'try later' }))],
    ['202 without a body', () => new Response(null, { status: 202 })],
    ['204', () => new Response(null, { status: 204 })],
    [
      'a redirect that was not followed',
      () => seenAs(new Response(null), { type: 'opaqueredirect', status: 0, ok: false }),
    ],
    ['a redirect that was followed to a login page', () => seenAs(html('Sign in'), { redirected: true })],
    ['a redirect that was followed to something like the lead', () => seenAs(anAnswer(), { redirected: true })],
    ['304', () => seenAs(new Response(null), { status: 304, ok: false })],
  ])('%s', async (_, answer) => {
    const { device, leadbox } = await aStoppedTab();
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    device.intercept = answer;
    expect(await leadbox.sync()).toMatchObject({ synced: 0, pending: 1, parked: 0 });
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ a: 1, industry: 'Technology' });
    expect((await leadbox.get(id))?.server).toEqual(aLead());
    expect((await leadbox.status()).lastError).toMatchObject({ name: 'LeadboxError' });

    device.intercept = undefined;
    await device.clock.advance(4_000_000); // past whatever a redirect or a bad answer may hold back
    await leadbox.resume();
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 0 });
    expect(await edit.settled).toMatchObject({ outcome: 'synced', lead: { properties: { a: 1 } } });
    expect(device.attempts.map(({ text }) => text)).toEqual(['{"properties":{"a":1}}', '{"properties":{"a":1}}']);
    expect((await leadbox.status()).lastError).toBeUndefined();
  });

  it('and the error quotes nothing of the body', async () => {
    const { device, leadbox } = await aStoppedTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    device.intercept = () => html('<html>Secret of the lead</html>');
    await leadbox.sync();
    const { lastError } = await leadbox.status();
    expect([String(lastError), String(lastError?.cause), String(lastError?.stack)].join()).not.toContain('Secret');
  });
});

it.each([200, 201, 202])('R19 takes %i with the lead for success', async (status) => {
  const { device, leadbox } = await aStoppedTab();
  const edit = await leadbox.patch(id, { properties: { a: 1 } });
  device.intercept = () => anAnswer({ properties: { a: 1, industry: 'Technology', company_size: '50-100' } }, status);
  expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
  expect((await edit.settled).outcome).toBe('synced');
});

it('R19 takes the lead for success whatever the content type says, and keeps members it does not know', async () => {
  const { device, leadbox } = await aStoppedTab();
  await leadbox.patch(id, { properties: { a: 1 } });
  const answered = { ...aLead({ properties: { a: 1 }, updated_at: '2025-01-15T12:00:00Z' }), tags: ['later'] };
  device.intercept = () =>
    new Response(json({ data: answered, meta: 1 }), { headers: { 'Content-Type': 'text/plain' } });
  expect(await leadbox.sync()).toMatchObject({ synced: 1 });
  expect((await leadbox.get(id))?.lead).toEqual(answered);
});

describe('settling', () => {
  it('R23 takes the answer for the new base and puts the remaining edits on it', async () => {
    const { device, leadbox } = await aStoppedTab({ coalesce: false });
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.patch(id, { properties: { b: 2 } });
    device.api.change(id, { properties: { other: 'theirs', industry: 'Retail' } });
    device.api.next(500);
    await leadbox.sync();
    device.intercept = ({ text }) => (text.includes('"b"') ? new Response('', { status: 500 }) : undefined);
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 1 });
    const state = await leadbox.get(id);
    expect(state?.server.properties).toMatchObject({ a: 1, other: 'theirs', industry: 'Retail' });
    expect(state?.server.properties).not.toHaveProperty('b');
    expect(state?.lead.properties).toMatchObject({ a: 1, b: 2, other: 'theirs', industry: 'Retail' });
    expect(state?.pending).toBe(1);
  });

  it('R35 keeps what the user typed since, whatever the server says about it', async () => {
    const { device, leadbox } = await aStoppedTab();
    await leadbox.patch(id, { properties: { a: 'sent' } });
    device.intercept = async ({ text }) => {
      if (text.includes('typed since')) return new Response('', { status: 500 });
      await leadbox.patch(id, { properties: { a: 'typed since' } });
      return anAnswer({ properties: { a: 'sent', b: 'theirs' } });
    };
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 1 });
    const state = await leadbox.get(id);
    expect(state?.lead.properties).toEqual({ a: 'typed since', b: 'theirs' });
    expect(state?.server.properties).toEqual({ a: 'sent', b: 'theirs' });
  });

  it('R32 shows what the server made of the edit, and says that it differs', async () => {
    const events: unknown[] = [];
    const { device, leadbox } = await aStoppedTab({ onEvent: (event) => events.push(event) });
    await leadbox.patch(id, { properties: { email: 'ADA@EXAMPLE.COM', a: 1 } });
    device.intercept = () =>
      anAnswer({ properties: { industry: 'Technology', company_size: '50-100', email: 'ada@example.com', a: 1 } });
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ email: 'ada@example.com' });
    expect(events).toContainEqual({ type: 'server-differs', leadId: id, paths: [['properties', 'email']] });
    expect(device.attempts).toHaveLength(1);
    expect(json(events)).not.toContain('example');
  });

  it('R11 sees no difference between a null and a missing key', async () => {
    const events: { type: string }[] = [];
    const { device, leadbox } = await aStoppedTab({ onEvent: (event) => events.push(event) });
    await leadbox.patch(id, { properties: { industry: null }, company_id: null });
    device.intercept = () => anAnswer({ properties: { company_size: '50-100' }, summary: null });
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
    expect(events.filter(({ type }) => type === 'server-differs')).toEqual([]);
  });

  it('R32 takes a null that was stored instead of deleted as it is, and tells', async () => {
    const events: LeadboxEvent[] = [];
    const { device, leadbox } = await aStoppedTab({ onEvent: (event) => events.push(event) });
    await leadbox.patch(id, { properties: { industry: null } });
    device.intercept = () => anAnswer({ properties: { industry: null, company_size: '50-100' } });
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
    expect(events).toContainEqual({ type: 'server-differs', leadId: id, paths: [['properties', 'industry']] });
    expect((await leadbox.get(id))?.lead.properties).toEqual({ industry: null, company_size: '50-100' });
    expect(device.attempts).toHaveLength(1);
  });

  it('R23 never takes an answer that is older than the base, R71 and asks for the truth', async () => {
    const device = aDevice({ leads: [aLead({ updated_at: '2025-01-15T11:00:00Z' })] });
    const leadbox = await device.loadedTab({ autoSync: false });
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    const shown = valuesOf(leadbox.observe(id));
    device.intercept = ({ text }) => {
      void device.api.fetch(`/api/v1/leads/${id}`, { method: 'PATCH', body: text });
      return anAnswer({ updated_at: '2025-01-15T11:59:59+01:00', properties: { industry: 'older' } });
    };
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 0 });
    expect((await edit.settled).outcome).toBe('synced');
    await device.rest();
    expect((await leadbox.get(id))?.lead).toEqual(device.api.lead(id));
    expect(shown.map((state) => state?.lead.properties?.industry)).not.toContain('older');
    expect(device.api.requests.map(({ method }) => method)).toEqual(['PATCH', 'GET']);
  });

  it('R23 lets an answer of the same instant replace the base, however it is spelled', async () => {
    const { device, leadbox } = await aStoppedTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    device.intercept = () => anAnswer({ updated_at: '2025-01-15T11:30:00+01:00', properties: { a: 'server' } });
    expect(await leadbox.sync()).toMatchObject({ synced: 1 });
    expect((await leadbox.get(id))?.lead.properties).toEqual({ a: 'server' });
  });

  it.each([
    ['an acknowledgement', () => anAnswer({ updated_at: '2025-01-15T12:30:00Z', properties: { a: 'late' } })],
    ['a refusal', () => new Response('{"error":"late"}', { status: 422 })],
    ['a status to try again after', () => new Response('', { status: 500 })],
  ])('R23 a late second answer changes nothing: %s', async (_, late) => {
    // Two senders at once, as where a lock was lost while a page was frozen: each tab has locks of its own.
    const device = aDevice();
    const tab = () =>
      device.tab({
        ...{ autoSync: false, idempotencyHeader: 'Idempotency-Key' }, // the header, so that nothing waits for a fence
        environment: { locks: createLocalLocks() },
      });
    const [slow, quick] = [tab(), tab()];
    await slow.load(device.api.leads());
    const edit = await slow.patch(id, { properties: { a: 1 } });
    let answerLate: (response: Response) => void = () => {};
    device.intercept = () =>
      new Promise((resolve) => {
        answerLate = resolve;
      });
    const slowSync = slow.sync();
    await expect.poll(() => device.attempts.length, soon).toBe(1);

    device.intercept = undefined;
    expect(await quick.sync()).toMatchObject({ synced: 1, pending: 0 });
    await quick.patch(id, { properties: { a: 2 } });
    expect(await quick.sync()).toMatchObject({ synced: 1, pending: 0 });
    await quick.patch(id, { properties: { b: 3 } });
    device.api.next(500); // so that another batch is frozen when the late answer comes
    expect(await quick.sync()).toMatchObject({ synced: 0, pending: 1 });
    const before = await quick.get(id);

    answerLate(late());
    await slowSync.catch(() => {});
    expect(device.attempts[1]?.text).toBe(device.attempts[0]?.text);
    expect(await quick.outbox.parked()).toEqual([]);
    const pending = (await quick.outbox.pending()).map(({ patch }) => patch);
    expect([[], [{ properties: { b: 3 } }]]).toContainEqual(pending);
    expect((await quick.get(id))?.lead.properties).toEqual(before?.lead.properties);
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    await quick.sync();
    expect(device.api.lead(id)?.properties).toMatchObject({ a: 2, b: 3 });
    expect(await quick.status()).toMatchObject({ state: 'synced' });
  });
});

async function aStoppedTab(
  options: Parameters<Device['loadedTab']>[0] = {},
): Promise<{ device: Device; leadbox: Leadbox }> {
  const device = aDevice();
  return { device, leadbox: await device.loadedTab({ autoSync: false, sections: 'merge', ...options }) };
}

const jsonType = { 'Content-Type': 'application/json' };

function html(body: string): Response {
  return new Response(body, { headers: { 'Content-Type': 'text/html' } });
}

/** A response as a browser would give it, which no constructor makes. */
function seenAs(response: Response, members: Partial<Response>): Response {
  for (const [name, value] of Object.entries(members)) Object.defineProperty(response, name, { value });
  return response;
}
