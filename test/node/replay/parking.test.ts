import { describe, expect, it, vi } from 'vitest';
import type { Leadbox, LeadboxEvent, LeadboxOptions } from '../../../src/index.ts';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { type Attempt, aDevice, type Device, soon, valuesOf } from '../../builders/a-leadbox.ts';

const id = leadId(0);

describe('R20 a refused edit is parked:', () => {
  it.each([
    [400, 'rejected'],
    [402, 'rejected'],
    [403, 'forbidden'],
    [404, 'gone'],
    [405, 'rejected'],
    [410, 'gone'],
    [413, 'rejected'],
    [415, 'rejected'],
    [418, 'rejected'],
    [422, 'rejected'],
    [451, 'rejected'],
  ] as const)('%i as %s', async (status, reason) => {
    const { device, leadbox, events } = await aStoppedTab();
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    device.intercept = refusal(status, 'These are the words of the server.');
    expect(await leadbox.sync()).toMatchObject({ synced: 0, parked: 1, pending: 0, waitingFor: 'decision' });

    const [parked, ...others] = await leadbox.outbox.parked();
    expect(others).toEqual([]);
    expect(parked).toMatchObject({
      ...{ seq: edit.seq, leadId: id, patch: { properties: { a: 1 } }, madeAt: '2025-01-15T12:00:00.000Z' },
      ...{ sent: false, reason, status, message: 'These are the words of the server.' },
    });
    expect(Date.parse(parked?.parkedAt ?? '')).toBe(device.clock.now());
    expect(await edit.settled).toEqual({ outcome: 'parked', edit: parked });
    expect(events.filter(({ type }) => type === 'parked')).toEqual([
      { type: 'parked', leadId: id, seq: edit.seq, reason, status },
    ]);
    expect(await leadbox.status()).toMatchObject({ state: 'waiting', waitingFor: 'decision', pending: 0, parked: 1 });

    device.intercept = undefined;
    await leadbox.sync();
    expect(device.attempts).toHaveLength(1);
  });

  it('with the server’s words cut to 2,000 characters', async () => {
    const { device, leadbox } = await aStoppedTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    device.intercept = refusal(422, 'x'.repeat(5_000));
    await leadbox.sync();
    expect((await leadbox.outbox.parked())[0]?.message).toBe('x'.repeat(2_000));
  });

  it.each<[string, () => Response]>([
    ['HTML', () => new Response('<h1>Bad Request</h1>', { status: 400 })],
    ['nothing', () => new Response(null, { status: 400 })],
    ['JSON of another form', () => new Response('{"errors":[{"detail":"x"}]}', { status: 400 })],
    ['a message that is no text', () => new Response('{"message":{"a":1}}', { status: 400 })],
    ['null', () => new Response('null', { status: 400 })],
  ])('also where the refusal’s body is %s', async (_, answer) => {
    const { device, leadbox } = await aStoppedTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    device.intercept = answer;
    expect(await leadbox.sync()).toMatchObject({ parked: 1, pending: 0 });
    expect(await leadbox.outbox.parked()).toMatchObject([{ reason: 'rejected', status: 400 }]);
  });
});

it('R22 keeps the words of a server whose message is no text', async () => {
  const { device, leadbox } = await aStoppedTab();
  await leadbox.patch(id, { properties: { a: 1 } });
  device.intercept = () => new Response('{"message":["a is wrong"],"error":"Bad Request"}', { status: 400 });
  await leadbox.sync();
  expect(await leadbox.outbox.parked()).toMatchObject([{ reason: 'rejected', message: 'Bad Request' }]);
});

describe('R22 a parked edit', () => {
  it('leaves the view in one step, and later edits of the lead go on', async () => {
    const { device, leadbox } = await aStoppedTab();
    device.intercept = (attempt) => (attempt.text.includes('bad') ? refusal(422)(attempt) : undefined);
    const shown = valuesOf(leadbox.observe(id));
    await vi.waitFor(() => expect(shown).toHaveLength(1), soon);
    await leadbox.patch(id, { properties: { bad: 1, industry: 'changed' } });
    device.api.next(500); // freezes nothing: the refusal comes before the API
    await leadbox.sync();
    expect(shown.at(-1)).toMatchObject({ pending: 0, parked: 1 });
    expect(shown.at(-1)?.lead.properties).toEqual({ industry: 'Technology', company_size: '50-100' });
    expect(shown.at(-1)?.lead).toBe(shown.at(-1)?.server);

    device.intercept = undefined;
    await leadbox.patch(id, { properties: { good: 1 } });
    await leadbox.sync();
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 1 });
    expect(device.api.lead(id)?.properties).toEqual({ industry: 'Technology', company_size: '50-100', good: 1 });
    expect(await leadbox.get(id)).toMatchObject({ pending: 0, parked: 1, lead: { properties: { good: 1 } } });
  });

  it('takes no later edit out of the view with it', async () => {
    const { device, leadbox } = await aStoppedTab({ coalesce: false });
    await leadbox.patch(id, { properties: { a: 'bad', b: 'bad' } });
    await leadbox.patch(id, { properties: { a: 'good' } });
    device.intercept = (attempt) => (attempt.text.includes('bad') ? refusal(422)(attempt) : failure());
    expect(await leadbox.sync()).toMatchObject({ parked: 1, pending: 1 });
    expect((await leadbox.get(id))?.lead.properties).toEqual({
      ...{ industry: 'Technology', company_size: '50-100', a: 'good' },
    });
  });

  it('survives a reload', async () => {
    const { device, leadbox } = await aStoppedTab();
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    device.intercept = refusal(403, 'No.');
    await leadbox.sync();
    await leadbox.close();
    const after = device.tab({ autoSync: false });
    expect(await after.outbox.parked(id)).toMatchObject([
      { seq: edit.seq, reason: 'forbidden', status: 403, message: 'No.', patch: { properties: { a: 1 } } },
    ]);
    expect(await after.outbox.parked(leadId(1))).toEqual([]);
    expect(await after.status()).toMatchObject({ parked: 1, pending: 0 });
  });

  it('holds up no other lead', async () => {
    const { device, leadbox } = await aStoppedTab();
    for (let lead = 0; lead < 3; lead += 1) await leadbox.patch(leadId(lead), { properties: { a: 1 } });
    device.intercept = (attempt) => (attempt.leadId === id ? refusal(404)(attempt) : undefined);
    expect(await leadbox.sync()).toMatchObject({ synced: 2, parked: 1, pending: 0 });
  });
});

describe('R21 a batch that was refused', () => {
  it.each([0, 1, 2])('is taken apart, so that only the bad edit is parked: the one at %i', async (bad) => {
    const { device, leadbox } = await aStoppedTab();
    const edits = [];
    for (let n = 0; n < 3; n += 1) edits.push(await leadbox.patch(id, { properties: { [`p${n}`]: n } }));
    device.intercept = (attempt) => (attempt.text.includes(`p${bad}`) ? refusal(422)(attempt) : undefined);
    expect(await leadbox.sync()).toMatchObject({ synced: 2, parked: 1, pending: 0 });
    expect(device.attempts.map(({ body }) => body)).toEqual([
      { properties: { p0: 0, p1: 1, p2: 2 } },
      { properties: { p0: 0 } },
      { properties: { p1: 1 } },
      { properties: { p2: 2 } },
    ]);
    expect((await leadbox.outbox.parked()).map(({ seq }) => seq)).toEqual([edits[bad]?.seq]);
    const outcomes = await Promise.all(edits.map((edit) => edit.settled));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([0, 1, 2].map((n) => (n === bad ? 'parked' : 'synced')));
    expect(device.api.lead(id)?.properties).toEqual(
      Object.fromEntries(
        Object.entries({ industry: 'Technology', company_size: '50-100', p0: 0, p1: 1, p2: 2 }).filter(
          ([key]) => key !== `p${bad}`,
        ),
      ),
    );
    expect((await leadbox.get(id))?.lead).toEqual(device.api.lead(id));
  });

  it('is taken apart although it had been sent before without an answer, and after a reload', async () => {
    const { device, leadbox } = await aStoppedTab();
    for (let n = 0; n < 3; n += 1) await leadbox.patch(id, { properties: { [`p${n}`]: n } });
    device.intercept = failure;
    await leadbox.sync();
    device.intercept = (attempt) => (attempt.text.includes('p1') ? refusal(422)(attempt) : failure());
    await leadbox.sync();
    await leadbox.close();
    const after = device.tab({ autoSync: false });
    await after.patch(id, { properties: { p3: 3 } });
    device.intercept = (attempt) => (attempt.text.includes('p1') ? refusal(422)(attempt) : undefined);
    expect(await after.sync()).toMatchObject({ synced: 3, parked: 1, pending: 0 });
    const sizes = device.attempts.map(({ body }) => Object.keys((body as { properties: object }).properties).length);
    expect(sizes.slice(0, 2)).toEqual([3, 3]);
    expect(sizes.slice(2)).toEqual(sizes.slice(2).map(() => 1));
  });

  it('and that may have arrived before cannot be discarded while it goes one by one', async () => {
    const { device, leadbox } = await aStoppedTab({ sections: 'merge' });
    await leadbox.patch(id, { properties: { a: 1 } });
    const { seq } = await leadbox.patch(id, { properties: { b: 2 } });
    device.api.next('lost-answer');
    await leadbox.sync();
    let refused = 0;
    device.intercept = (attempt) => (refused++ ? failure() : refusal(422)(attempt));
    await leadbox.sync();
    expect(device.attempts.map(({ body }) => body)).toEqual([
      { properties: { a: 1, b: 2 } },
      { properties: { a: 1, b: 2 } },
      { properties: { a: 1 } },
    ]);
    await expect(leadbox.outbox.discard(seq)).rejects.toMatchObject({ code: 'edit-in-flight' });
  });

  it('lets later edits share a request again', async () => {
    const { device, leadbox } = await aStoppedTab();
    await leadbox.patch(id, { properties: { bad: 1 } });
    await leadbox.patch(id, { properties: { a: 1 } });
    device.intercept = (attempt) => (attempt.text.includes('bad') ? refusal(422)(attempt) : undefined);
    await leadbox.sync();
    await leadbox.patch(id, { properties: { b: 1 } });
    await leadbox.patch(id, { properties: { c: 1 } });
    await leadbox.sync();
    expect(device.attempts.at(-1)?.body).toEqual({ properties: { b: 1, c: 1 } });
  });

  it.each([403, 404])('is not taken apart where the refusal is about the lead: %i', async (status) => {
    const { device, leadbox } = await aStoppedTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.patch(id, { properties: { b: 1 } });
    device.intercept = refusal(status);
    expect(await leadbox.sync()).toMatchObject({ parked: 2, pending: 0 });
    expect(device.attempts).toHaveLength(1);
  });

  it.each([401, 408, 429, 500])('R70 is not taken apart by %i', async (status) => {
    const { device, leadbox } = await aStoppedTab();
    await leadbox.patch(id, { properties: { a: 1 } });
    await leadbox.patch(id, { properties: { b: 1 } });
    device.api.next(status);
    expect(await leadbox.sync()).toMatchObject({ pending: 2, parked: 0 });
    await leadbox.resume();
    while (device.attempts.length < 2) {
      await device.clock.advance(60_000);
      await leadbox.sync();
    }
    expect(device.attempts[1]?.text).toBe(device.attempts[0]?.text);
  });
});

async function aStoppedTab(
  options: LeadboxOptions = {},
): Promise<{ device: Device; leadbox: Leadbox; events: LeadboxEvent[] }> {
  const device = aDevice({ leads: someLeads(3) });
  const events: LeadboxEvent[] = [];
  const leadbox = await device.loadedTab({ autoSync: false, onEvent: (event) => events.push(event), ...options });
  return { device, leadbox, events };
}

function refusal(status: number, message = 'No.'): (attempt: Attempt) => Response {
  return () => new Response(JSON.stringify({ error: 'refused', message }), { status });
}

function failure(): Response {
  return new Response('', { status: 500 });
}
