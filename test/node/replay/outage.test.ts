import { describe, expect, it, vi } from 'vitest';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, type Device, soon } from '../../builders/a-leadbox.ts';

describe('R15 two leads that fail in a row are an outage:', () => {
  it.each([500, 503, 'network-error', 'lost-answer'] as const)('nothing else is sent after %s', async (fault) => {
    const device = await aDeviceWithEdits(5, (given) => given.api.next(fault, Number.POSITIVE_INFINITY));
    await vi.waitFor(() => expect(device.attempts).toHaveLength(2), soon);
    await device.rest();
    expect(leadsOf(device)).toEqual([0, 1]);
    expect(await device.leadbox.status()).toMatchObject({
      state: 'waiting',
      pending: 5,
      nextAttemptAt: expect.any(Number),
    });
  });

  it.each([
    ['a redirect', () => Object.defineProperty(new Response('Sign in'), 'redirected', { value: true })],
    ['a 429 that says nothing about its end', () => new Response('{}', { status: 429 })],
  ])('R25 so is %s at the first lead', async (_, answer) => {
    const device = await aDeviceWithEdits(3, (given) => {
      given.intercept = () => (given.attempts.length === 1 ? answer() : undefined);
    });
    await vi.waitFor(async () => expect(await device.leadbox.status()).toMatchObject({ state: 'waiting' }), soon);
    expect(device.attempts).toHaveLength(1);
    await device.untilNextAttempt(device.leadbox);
    await vi.waitFor(async () => expect(await device.leadbox.status()).toMatchObject({ state: 'synced' }), soon);
  });

  it('R25 a lead that failed while it lasted waits for itself, where the others can not be sent yet', async () => {
    const device = aDevice({ leads: someLeads(3), sections: 'replace' });
    const leadbox = await device.loadedTab({
      ...{ sections: 'replace', concurrency: 3 },
      ...{ timeout: 3_000, retry: { minDelay: 1_000, maxDelay: 1_000 } },
    });
    await leadbox.pause();
    for (const lead of [0, 1, 2]) await leadbox.patch(leadId(lead), { properties: { a: 1 } });
    device.intercept = ({ leadId: id }) => {
      if (device.attempts.length > 3) return undefined;
      if (id !== leadId(2)) return new Response('', { status: 504 }); // it may arrive late, and is not made anew before
      return new Promise((_, reject) => device.clock.setTimeout(() => reject(new TypeError('Failed to fetch')), 500));
    };
    const began = device.clock.now();
    await leadbox.resume();
    await vi.waitFor(() => expect(device.attempts).toHaveLength(3), soon);
    await device.clock.advance(20_000);
    expect((device.attempts[3]?.at ?? 0) - began).toBeGreaterThanOrEqual(1_500);
    expect(await leadbox.status()).toMatchObject({ state: 'synced' });
  });

  it('after its delay a single request goes ahead, to the lead that was longest without one', async () => {
    const device = await aDeviceWithEdits(4, (given) => given.api.next(500, Number.POSITIVE_INFINITY));
    await vi.waitFor(() => expect(device.attempts).toHaveLength(2), soon);
    for (let probes = 3; probes <= 9; probes += 1) {
      await device.untilNextAttempt(device.leadbox);
      await vi.waitFor(() => expect(device.attempts).toHaveLength(probes), soon);
      await device.rest();
      expect(device.attempts).toHaveLength(probes);
    }
    expect(leadsOf(device)).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0]);
  });

  it('a single request goes ahead also where several are allowed', async () => {
    const device = await aDeviceWithEdits(6, (given) => given.api.next(500, 3), { concurrency: 3 });
    await vi.waitFor(() => expect(device.attempts).toHaveLength(3), soon);
    await device.rest();
    expect(device.attempts).toHaveLength(3);
    device.api.latency = 300;
    await device.untilNextAttempt(device.leadbox);
    await device.clock.advance(200);
    expect(device.attempts).toHaveLength(4);
    await device.clock.advance(100);
    expect(device.attempts.length).toBeGreaterThan(4); // one success ended it
    await device.clock.advance(5_000);
    expect(await device.leadbox.status()).toMatchObject({ state: 'synced', pending: 0 });
  });

  it('one success ends it, and everything goes', async () => {
    const device = await aDeviceWithEdits(5, (given) => given.api.next(500, 4));
    await vi.waitFor(() => expect(device.attempts).toHaveLength(2), soon);
    await device.untilNextAttempt(device.leadbox);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(3), soon);
    await device.untilNextAttempt(device.leadbox);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(4), soon);
    await device.untilNextAttempt(device.leadbox);
    const ended = device.clock.now();
    await vi.waitFor(async () => expect(await device.leadbox.status()).toMatchObject({ state: 'synced' }), soon);
    expect(device.attempts.slice(4).map(({ at }) => at)).toEqual(Array.from({ length: 5 }, () => ended));
  });

  it('a refusal ends it, too: the server works', async () => {
    const device = await aDeviceWithEdits(4, (given) => given.api.next(500, 2));
    await vi.waitFor(() => expect(device.attempts).toHaveLength(2), soon);
    device.api.next(422);
    await device.untilNextAttempt(device.leadbox);
    await vi.waitFor(async () => expect(await device.leadbox.status()).toMatchObject({ pending: 0, parked: 1 }), soon);
  });

  it('probes come with growing delays, never beyond the bound', async () => {
    const device = await aDeviceWithEdits(3, (given) => given.api.next(503, Number.POSITIVE_INFINITY));
    while (device.attempts.length < 14) await device.untilNextAttempt(device.leadbox);
    const delays = device.attempts.slice(2).map(({ at }, index) => at - (device.attempts[index + 1]?.at ?? 0));
    delays.forEach((delay, index) => {
      expect(delay).toBeGreaterThanOrEqual(1_000);
      expect(delay).toBeLessThanOrEqual(Math.min(60_000, 1_000 * 2 ** (index + 1)) + 1);
    });
    expect(Math.max(...delays)).toBeGreaterThan(10_000);
  });

  it('sync() overrides its delay', async () => {
    const device = await aDeviceWithEdits(4, (given) => given.api.next(500, 2));
    await vi.waitFor(() => expect(device.attempts).toHaveLength(2), soon);
    await device.rest();
    expect(await device.leadbox.sync()).toMatchObject({ synced: 4, pending: 0 });
  });

  it('it lasts over a reload', async () => {
    const device = await aDeviceWithEdits(4, (given) => given.api.next(500, Number.POSITIVE_INFINITY));
    await vi.waitFor(() => expect(device.attempts).toHaveLength(2), soon);
    await device.rest();
    await device.leadbox.close();
    const after = device.tab();
    await device.rest();
    expect(device.attempts).toHaveLength(2);
    await device.untilNextAttempt(after);
    await vi.waitFor(() => expect(device.attempts).toHaveLength(3), soon);
  });
});

describe('R15 no outage:', () => {
  it('two leads that fail with a success in between', async () => {
    const device = await aDeviceWithEdits(5, (given) => {
      given.intercept = ({ leadId: id }) =>
        id === leadId(0) || id === leadId(2) ? new Response('', { status: 500 }) : undefined;
    });
    await vi.waitFor(() => expect(device.attempts).toHaveLength(5), soon);
    expect(leadsOf(device)).toEqual([0, 1, 2, 3, 4]);
    await vi.waitFor(async () => expect(await device.leadbox.status()).toMatchObject({ pending: 2 }), soon);
  });

  it('one lead that fails again and again', async () => {
    const device = await aDeviceWithEdits(2, (given) => {
      given.intercept = ({ leadId: id }) => (id === leadId(0) ? new Response('', { status: 500 }) : undefined);
    });
    for (let round = 0; round < 5; round += 1) await device.untilNextAttempt(device.leadbox);
    const edit = await device.leadbox.patch(leadId(1), { properties: { b: 1 } });
    expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  });
});

/** A device whose leads have an edit each, made one after the other while nothing was sent yet. */
async function aDeviceWithEdits(
  count: number,
  prepare: (device: Device) => void,
  options: Parameters<Device['tab']>[0] = {},
) {
  const device = aDevice({ leads: someLeads(count) });
  const before = await device.loadedTab({ autoSync: false });
  for (let lead = 0; lead < count; lead += 1) await before.patch(leadId(lead), { properties: { a: 1 } });
  await before.close();
  prepare(device);
  return Object.assign(device, { leadbox: device.tab(options) });
}

function leadsOf(device: Device): number[] {
  return device.attempts.map(({ leadId: id }) => someLeads(10).findIndex((lead) => lead.id === id));
}
