import { describe, expect, it } from 'vitest';
import type { JsonObject, Leadbox, LeadboxOptions } from '../../../src/index.ts';
import { createSeededRandom } from '../../../src/testing/seeded-random.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice, type Device } from '../../builders/a-leadbox.ts';

// The server's kind, what the app says about it, the order, and how many leads go at once.
const worlds = [
  ...(['merge', 'replace'] as const).flatMap((server) =>
    (['auto', server] as const).flatMap((sections) => [
      { server, sections, ordering: 'per-lead' as const, concurrency: 1 },
      { server, sections, ordering: 'per-lead' as const, concurrency: 3 },
      { server, sections, ordering: 'strict' as const },
    ]),
  ),
  { server: 'replace' as const, sections: 'auto' as const, checkBeforeSend: true },
  { server: 'replace' as const, sections: 'auto' as const, etag: true },
  { server: 'merge' as const, sections: 'auto' as const, etag: true, checkBeforeSend: true },
  { server: 'replace' as const, sections: 'replace' as const, idempotencyHeader: 'Idempotency-Key' },
];
type World = (typeof worlds)[number] & LeadboxOptions & { readonly etag?: boolean };

const before = {
  properties: { a: 0, keep: { deep: [1, { x: null }], other: 'data' }, list: [3, 1, 2], gone: 'soon', theirs: 0 },
  location: { city: 'San Francisco', country: 'USA' },
  summary: null,
};

describe.each<World>(worlds)('R34 with $server as the server and $sections, $ordering, $concurrency', (world) => {
  const faults: [string, (device: Device) => void][] = [
    ['nothing goes wrong', () => {}],
    ['the first answer is lost', ({ api }) => api.next('lost-answer')],
    ['two answers are lost', ({ api }) => api.next('lost-answer', 2)],
    ['there is no network at first', ({ api }) => api.next('network-error', 2)],
    ['the server is down at first', ({ api }) => api.next(503, 3)],
    ['the first request hangs', ({ api }) => api.next('hang')],
    ['the rate limit is met', ({ api }) => api.next(429)],
    [
      'answers are lost in turn',
      ({ api }) =>
        [1, 2, 3].forEach(() => {
          api.next('lost-answer');
          api.next('network-error');
        }),
    ],
  ];

  it.each(faults)('the lead is what merging gives where %s', async (_, fault) => {
    const { device, open } = aDay(world);
    const leadbox = await open();
    fault(device);
    await typeAll(leadbox);
    await untilSynced(device, leadbox);
    expectMerged(device, {});
    expect((await leadbox.get(leadId(0)))?.lead).toEqual(device.api.lead(leadId(0)));
  });

  it.each(faults)('and it is after a reload in the middle where %s', async (_, fault) => {
    const { device, open } = aDay(world);
    const leadbox = await open();
    fault(device);
    await typeAll(leadbox);
    await leadbox.close();
    const reloaded = await open();
    await untilSynced(device, reloaded);
    expectMerged(device, {});
  });

  it.each(faults)('and it keeps what somebody else changed meanwhile where %s', async (_, fault) => {
    const { device, open } = aDay(world);
    const leadbox = await open();
    // What others changed just before the server turned out to replace sections, nobody could know.
    await leadbox.patch(leadId(2), { properties: { a: 1 } });
    await untilSynced(device, leadbox);
    fault(device);
    await typeAll(leadbox);
    await device.rest();
    device.api.change(leadId(0), { properties: { theirs: 'changed', new: [1] }, location: { zip: '94103' } });
    await untilSynced(device, leadbox);
    expectMerged(device, { properties: { theirs: 'changed', new: [1] }, location: { zip: '94103' } });
  });

  it('and it is where two tabs edit, and one of them ends in the middle', async () => {
    const { device, open } = aDay(world);
    const [one, two] = [await open(), await open()];
    device.api.latency = 50;
    await typeAll(one);
    await two.patch(leadId(0), { summary: { tab: 2 } });
    await device.clock.advance(70);
    await two.patch(leadId(1), { properties: { tab: 2 } });
    await one.close();
    await untilSynced(device, two);
    expectMerged(device, { summary: { tab: 2 } });
    expect(device.api.lead(leadId(1))?.properties).toMatchObject({ a: 1, tab: 2, keep: before.properties.keep });
  });

  it('and it is where an edit is refused: only that one is parked', async () => {
    const { device, open } = aDay(world);
    const leadbox = await open();
    device.intercept = ({ text }) => (text.includes('refuse me') ? new Response('{}', { status: 422 }) : undefined);
    await leadbox.patch(leadId(0), { properties: { a: 'refuse me', keep: { other: 'refuse me' } } });
    await typeAll(leadbox);
    await untilSynced(device, leadbox);
    expect(await leadbox.outbox.parked()).toHaveLength(1);
    expectMerged(device, {});
  });
});

/** Values, nested ones, lists, nulls, deletions, a null section, fields at the top. */
async function typeAll(leadbox: Leadbox): Promise<void> {
  await leadbox.patch(leadId(0), { properties: { a: 1, gone: null } });
  await leadbox.patch(leadId(1), { properties: { a: 1 } });
  await leadbox.patch(leadId(0), {
    properties: { keep: { deep: [null, 2], added: { y: 1 } } },
    summary: { notes: 'typed' },
  });
  await leadbox.patch(leadId(2), { location: null });
  await leadbox.patch(leadId(0), { location: { city: 'Bonn' }, company_id: leadId(7) });
  await leadbox.patch(leadId(0), { properties: { list: [], a: 2 } });
}

function expectMerged(device: Device, theirs: { [section: string]: JsonObject }): void {
  const { updated_at, ...lead } = device.api.lead(leadId(0)) ?? {};
  const { gone, ...properties } = before.properties;
  const merged = {
    properties: {
      ...properties,
      a: 2,
      list: [],
      keep: { deep: [null, 2], other: 'data', added: { y: 1 } },
      ...theirs.properties,
    },
    location: { city: 'Bonn', country: 'USA', ...theirs.location },
    summary: { notes: 'typed', ...theirs.summary },
    company_id: leadId(7),
  };
  expect(withoutNulls(lead)).toEqual(withoutNulls({ ...aLead(before), ...merged, updated_at: undefined }));
  expect(device.api.lead(leadId(1))?.properties).toMatchObject({ ...before.properties, a: 1 });
  expect(device.api.lead(leadId(2))?.location).toBe(null);
  expect(device.api.lead(leadId(2))?.properties).toMatchObject({ keep: before.properties.keep });
  expect(device.mostOpen.ofOneLead).toBe(1);
}

/** Null and missing members are equal (R11); nulls in lists are not. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNulls(member)]));
}

function aDay({ server, etag = false, ...options }: World) {
  const leads = [0, 1, 2].map((index) => aLead({ ...before, id: leadId(index) }));
  const { idempotencyHeader } = options;
  const device = aDevice({
    ...{ leads, sections: server, etag, random: createSeededRandom(7) },
    ...(idempotencyHeader === undefined ? {} : { idempotencyHeader }),
  });
  return { device, open: () => device.loadedTab({ timeout: 5_000, ...options }) };
}

async function untilSynced(device: Device, leadbox: Leadbox): Promise<void> {
  for (let minutes = 0; minutes < 10; minutes += 1) {
    await device.clock.advance(30_000);
    if (!(await leadbox.status()).pending) return;
  }
  expect(await leadbox.status()).toMatchObject({ pending: 0 });
}
