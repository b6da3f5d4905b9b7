import { describe, expect, it, vi } from 'vitest';
import type { LeadboxOptions, LeadPatch } from '../../../src/index.ts';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, soon } from '../../builders/a-leadbox.ts';
import { unanswered } from '../../builders/a-tab.ts';

type Section = NonNullable<LeadPatch['properties']>;

const id = leadId(0);
const timeout = 10_000;
/** The time-out, and the five seconds that a request may travel besides. */
const longest = timeout + 5_000;

describe('R17 after a request that timed out and was then repeated with success', () => {
  it.each<[string, Section, Section]>([
    ['the same path', { a: 1 }, { a: 2 }],
    ['the same path, to delete it', { a: 1 }, { a: null }],
    ['a path above', { address: { city: 'Bonn' } }, { address: null }],
    ['a path below', { industry: null }, { industry: { name: 'IT' } }],
    ['one of several paths', { a: 1, b: 1 }, { c: 1, b: 2 }],
  ])('an edit of %s waits until the first cannot arrive any more', async (_, first, later) => {
    const { device, leadbox, startedAt } = await aRepeatedRequest(first);
    const edit = await leadbox.patch(id, { properties: later });
    await device.rest();
    expect(device.attempts).toHaveLength(2);
    const { nextAttemptAt = 0, state } = await leadbox.status();
    expect(state).toBe('waiting');
    expect(nextAttemptAt).toBeGreaterThan(device.clock.now());
    expect(nextAttemptAt).toBeLessThanOrEqual(startedAt + longest);
    await device.clock.advance(startedAt + longest - device.clock.now() - 1);
    expect(device.attempts).toHaveLength(2);
    await device.clock.advance(1);
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  });

  it.each<[string, Section, Section]>([
    ['another path', { a: 1 }, { b: 2 }],
    ['a path that only begins alike', { address: { city: 'Bonn' } }, { address: { street: 'A' }, addresses: 1 }],
  ])('an edit of %s goes at once', async (_, first, later) => {
    const { device, leadbox } = await aRepeatedRequest(first);
    const before = device.clock.now();
    const edit = await leadbox.patch(id, { properties: later });
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
    expect(device.attempts[2]?.at).toBe(before);
  });

  it('an edit of another lead goes at once', async () => {
    const { leadbox } = await aRepeatedRequest({ a: 1 });
    const edit = await leadbox.patch(leadId(1), { properties: { a: 2 } });
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  });

  it('edits before the one that waits go at once, and nothing overtakes it', async () => {
    const { device, leadbox, startedAt } = await aRepeatedRequest({ a: 1 });
    await leadbox.pause();
    await leadbox.patch(id, { properties: { b: 1 } });
    await leadbox.patch(id, { properties: { a: 2 } });
    await leadbox.patch(id, { properties: { c: 3 } });
    await leadbox.resume();
    await device.rest();
    expect(device.attempts.slice(2).map(({ body }) => body)).toEqual([{ properties: { b: 1 } }]);
    await device.clock.advance(startedAt + longest - device.clock.now());
    await vi.waitFor(() => expect(device.attempts).toHaveLength(4), soon);
    expect(device.attempts[3]?.body).toEqual({ properties: { a: 2, c: 3 } });
  });

  it('nothing waits where an idempotency header is configured', async () => {
    const { leadbox } = await aRepeatedRequest({ a: 1 }, { idempotencyHeader: 'Idempotency-Key' });
    const edit = await leadbox.patch(id, { properties: { a: 2 } });
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  });

  it('it waits there, too, where the repetition was refused: a refusal need not be remembered by its id', async () => {
    const device = aDevice({ leads: someLeads(2) });
    const leadbox = await device.loadedTab({
      ...{ timeout, retry: { minDelay: 1_000, maxDelay: 1_000 }, idempotencyHeader: 'Idempotency-Key' },
      sections: 'merge', // otherwise the lead is looked at first
    });
    device.api.next('hang');
    const edit = await leadbox.patch(id, { properties: { a: 1 } });
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    device.api.next(403);
    await device.clock.advance(timeout + 1_000);
    expect(await edit.settled).toMatchObject({ outcome: 'parked' });
    await leadbox.patch(id, { properties: { a: 2 } });
    await device.rest();
    expect(device.attempts).toHaveLength(2);
    await device.clock.advance(longest);
    expect(device.attempts).toHaveLength(3);
  });

  it('the wait outlives a reload', async () => {
    const { device, leadbox, startedAt, options } = await aRepeatedRequest({ a: 1 });
    await leadbox.patch(id, { properties: { a: 2 } });
    await device.rest();
    await leadbox.close();
    const after = device.tab(options);
    await device.rest();
    await device.clock.advance(startedAt + longest - device.clock.now() - 1);
    expect(device.attempts).toHaveLength(2);
    await device.clock.advance(1);
    await vi.waitFor(async () => expect(await after.status()).toMatchObject({ state: 'synced' }), soon);
  });

  it('no call of sync() shortens the wait', async () => {
    const { device, leadbox } = await aRepeatedRequest({ a: 1 });
    await leadbox.patch(id, { properties: { a: 2 } });
    expect(await leadbox.sync()).toMatchObject({ synced: 0, pending: 1 });
    expect(device.attempts).toHaveLength(2);
  });

  it('a clock set back makes the wait longer by what a request can travel, at most', async () => {
    const { device, leadbox } = await aRepeatedRequest({ a: 1 });
    await leadbox.patch(id, { properties: { a: 2 } });
    await device.rest();
    device.clock.set(Date.UTC(2001, 0, 1));
    // Other tabs may have set fences on the new clock: what this tab knows of its own time must not end them.
    await device.clock.advance(2 * longest);
    expect(await leadbox.status()).toMatchObject({ state: 'synced', pending: 0 });
  });
});

it('R17 whole sections that got no answer are made anew soon also where the clock was set back', async () => {
  const device = aDevice({ sections: 'replace' });
  const leadbox = await device.loadedTab({
    ...{ timeout, sections: 'replace', retry: { minDelay: 1_000, maxDelay: 1_000 } },
  });
  device.intercept = (_, signal) => (device.attempts.length === 1 ? unanswered(signal) : undefined);
  const edit = await leadbox.patch(id, { properties: { a: 1 } });
  await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
  await device.clock.advance(timeout);
  device.clock.set(Date.UTC(2001, 0, 1));
  await device.clock.advance(2 * longest);
  expect(await edit.settled).toMatchObject({ outcome: 'synced' });
});

it.each([
  { latency: 4_000, timeout: 10_000, left: 6_000, what: 'has so much less time' },
  { latency: 4_000, timeout: 6_000, left: 3_000, what: 'has half of it at least' },
  { latency: 6_000, timeout: 10_000, left: 10_000, what: 'is chosen anew after more than five seconds' },
])('R17 a request that waited $latency ms while another was under way $what', async ({ latency, timeout, left }) => {
  const device = aDevice({ leads: someLeads(3) });
  const leadbox = await device.loadedTab({ timeout, autoSync: false, retry: { minDelay: 1_000, maxDelay: 1_000 } });
  for (const lead of [0, 1, 2]) await leadbox.patch(leadId(lead), { properties: { a: 1 } });
  const ends: number[] = [];
  device.intercept = async (_, signal) => {
    if (device.attempts.length !== 3) return undefined;
    signal?.addEventListener('abort', () => ends.push(device.clock.now()));
    return unanswered(signal);
  };
  device.api.latency = latency;
  void leadbox.sync();
  await device.clock.advance(2 * latency);
  await vi.waitFor(() => expect(device.attempts).toHaveLength(3), soon);
  const sentAt = device.attempts[2]?.at ?? 0;
  await device.clock.advance(timeout);
  // It was chosen when the second was sent.
  expect(ends).toEqual([sentAt + left]);
});

it('R17 repeats the batch first, before any later edit of the lead', async () => {
  const device = aDevice();
  const leadbox = await device.loadedTab({ timeout });
  device.api.next('hang', 2);
  await leadbox.patch(id, { properties: { a: 1 } });
  await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
  const later = await leadbox.patch(id, { properties: { b: 2 } });
  while (device.attempts.length < 4) await device.clock.advance(1_000);
  await later.settled;
  expect(device.attempts.map(({ body }) => body)).toEqual([
    ...Array.from({ length: 3 }, () => ({ properties: { a: 1 } })),
    { properties: { b: 2 } },
  ]);
});

it('R17 an edit waits for the latest of several requests that may still arrive', async () => {
  const device = aDevice();
  const leadbox = await device.loadedTab({ timeout, retry: { minDelay: 1_000, maxDelay: 1_000 } });
  device.api.next('hang', 3);
  const first = await leadbox.patch(id, { properties: { a: 1 } });
  while (device.attempts.length < 4) await device.clock.advance(1_000);
  await first.settled;
  const lastUnanswered = device.attempts[2]?.at ?? 0;
  const later = await leadbox.patch(id, { properties: { a: 2 } });
  await device.rest();
  await device.clock.advance(lastUnanswered + longest - device.clock.now());
  await later.settled;
  expect(device.attempts[4]?.at).toBe(lastUnanswered + longest);
});

it('R17 a request that was under way when the page was closed may still arrive: later edits of its paths wait', async () => {
  const device = aDevice();
  const before = await device.loadedTab({ timeout });
  device.api.next('hang');
  await before.patch(id, { properties: { a: 1 } });
  await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
  await before.close();
  await device.clock.advance(2_000);
  const after = device.tab({ timeout });
  await vi.waitFor(async () => expect(await after.status()).toMatchObject({ state: 'synced' }), soon);
  expect(device.attempts).toHaveLength(2);
  const edit = await after.patch(id, { properties: { a: 2 } });
  await device.rest();
  expect(device.attempts).toHaveLength(2);
  await device.clock.advance((device.attempts[0]?.at ?? 0) + longest - device.clock.now());
  expect(await edit.settled).toMatchObject({ outcome: 'synced' });
});

it('R17 a request that got an answer, whatever it was, holds nothing up', async () => {
  const device = aDevice();
  const leadbox = await device.loadedTab({ timeout });
  device.api.next(500);
  const first = await leadbox.patch(id, { properties: { a: 1 } });
  await device.untilNextAttempt(leadbox);
  await first.settled;
  const edit = await leadbox.patch(id, { properties: { a: 2 } });
  expect(await edit.settled).toMatchObject({ outcome: 'synced' });
});

/** A batch whose first request timed out and whose second was answered. */
async function aRepeatedRequest(properties: Section, more: LeadboxOptions = {}) {
  const device = aDevice({ leads: someLeads(2) });
  const options = { timeout, retry: { minDelay: 1_000, maxDelay: 1_000 }, ...more };
  const leadbox = await device.loadedTab(options);
  device.api.next('hang');
  const edit = await leadbox.patch(id, { properties });
  await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
  await device.clock.advance(timeout + 1_000);
  expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  await device.rest();
  expect(device.attempts).toHaveLength(2);
  return { device, leadbox, options, startedAt: device.attempts[0]?.at ?? 0 };
}
