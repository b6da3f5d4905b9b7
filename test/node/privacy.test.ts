import { expect, it, vi } from 'vitest';
import type { JsonObject, LeadboxEvent } from '../../src/index.ts';
import { aFailingStorage, type StorageFault } from '../builders/a-failing-storage.ts';
import { aLead, leadId } from '../builders/a-lead.ts';
import { aDevice, allRows } from '../builders/a-leadbox.ts';
import { deadChannel } from '../builders/a-tab.ts';

const marker = 'Zwiebelkuchen';
const secret = 'orw_prod_0123456789abcdef';

/** A lead with the marker in every field that may hold text. */
function aMarkedLead(index: number) {
  const marked: JsonObject = { name: marker, nested: { deep: [marker] }, [marker]: 1 };
  return aLead({
    ...{ id: leadId(index), code: marker, source: marker, visitor_id: marker, session_id: marker, identity_id: marker },
    ...{ properties: marked, location: marked, summary: marked, later: marker },
  });
}

/** Everything an error says, to whoever looks: its causes too. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  const own = JSON.stringify(Object.getOwnPropertyNames(error).map((name) => [name, String(Reflect.get(error, name))]));
  return `${own} ${error.cause === undefined ? '' : wordsOf(error.cause)}`;
}

it('R53 R55 no lead content and no credential leaves the rows and requests it belongs to, whatever goes wrong', async () => {
  const printed = (['log', 'info', 'warn', 'error', 'debug', 'trace'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation(() => {}),
  );
  const events: LeadboxEvent[] = [];
  const errors: unknown[] = [];
  const posted: unknown[] = [];
  const warn = vi.fn();
  const device = aDevice({ leads: [0, 1, 2, 3].map(aMarkedLead) });
  const broken: StorageFault[] = [];
  const indexedDB = aFailingStorage(device.indexedDB, (_, mode) => (mode === 'readwrite' ? broken.shift() : undefined));
  const leadbox = await device.loadedTab({
    headers: { Authorization: `Bearer ${secret}`, Cookie: `session=${secret}` },
    onEvent: (event) => events.push(event),
    environment: {
      indexedDB,
      warn,
      channel: () => ({ ...deadChannel(''), postMessage: (said) => void posted.push(said) }),
    },
    onUnauthorized: () => Promise.reject(new Error('no')),
  });
  const attempt = async (call: Promise<unknown>) => {
    await call.catch((error: unknown) => errors.push(error));
    await leadbox.resume();
    await leadbox.sync().catch((error: unknown) => errors.push(error));
    const { lastError } = await leadbox.status();
    if (lastError) errors.push(lastError);
    await device.clock.advance(70_000);
  };

  const answers: (() => Response)[] = [
    () => new Response(`<html>${marker}</html>`),
    () => new Response(`{"data":{"name":"${marker}`),
    () => new Response(JSON.stringify({ data: { ...aMarkedLead(0), properties: marker } })),
    () => new Response(JSON.stringify({ data: { ...aMarkedLead(0), updated_at: marker } })),
    () => new Response(JSON.stringify({ error: marker, message: marker }), { status: 503 }),
    () => new Response(JSON.stringify({ error: marker, message: marker }), { status: 401 }),
    () => new Response(JSON.stringify({ error: marker, message: marker }), { status: 422 }),
    () => new Response(JSON.stringify({ error: marker, message: marker }), { status: 409 }),
    () => new Response(JSON.stringify({ data: { ...aMarkedLead(0), updated_at: '2026-01-01T00:00:00Z' } })), // it stored something else than was sent
    () => {
      throw new TypeError('Failed to fetch');
    },
  ];
  for (const [index, answer] of answers.entries()) {
    let isAnswered = false;
    device.intercept = () => {
      if (isAnswered) return undefined;
      isAnswered = true;
      return answer();
    };
    await attempt(leadbox.patch(leadId(0), { properties: { name: `${marker} ${index}` } }));
  }
  device.intercept = undefined;
  for (const fault of ['UnknownError', 'QuotaExceededError', 'throws'] as const) {
    broken.push(fault, fault, fault);
    await attempt(leadbox.patch(leadId(1), { properties: { name: `${marker} ${fault}` } }));
    broken.splice(0);
  }
  await attempt(leadbox.patch(leadId(1), { properties: { name: { [marker]: () => marker } } } as object));
  await attempt(leadbox.patch(leadId(1), { properties: { name: new Map([[marker, marker]]) } } as object));
  await attempt(leadbox.patch(leadId(1), { properties: marker } as object));
  await attempt(leadbox.patch(leadId(1), { company_id: marker }));
  await attempt(leadbox.patch(marker, {}));
  await attempt(leadbox.load([{ ...aMarkedLead(1), properties: marker }]));
  await attempt(leadbox.load([marker]));
  await attempt(leadbox.refresh(marker));
  device.api.next(new Response(`<html>${marker}</html>`));
  await attempt(leadbox.refresh(leadId(2)));
  device.api.next(new Response(`{"data":[{"id":"${marker}"}]}`));
  await attempt(leadbox.pull());
  await attempt(leadbox.outbox.retry(99_999));
  await attempt(leadbox.signOut({ pending: 'refuse' }));

  expect(errors.length).toBeGreaterThan(15);
  expect(events.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['parked', 'status', 'warning', 'server-differs']),
  );
  expect(posted.length).toBeGreaterThan(5);
  // What made room is told in a Map, which JSON would hide.
  const message = JSON.stringify(posted, (_, value) => (value instanceof Map ? [...value] : value));
  expect(message).not.toMatch(new RegExp(`${marker}|${secret}`));
  const pathsOfErrors = errors.map(wordsOf).join('\n');
  const said = JSON.stringify(events.map((event) => ({ ...event, lastError: undefined })));
  // A path names the member that is wrong: names of members are told, what they hold is not.
  expect(
    pathsOfErrors.replaceAll(`properties.name.${marker}`, '').replaceAll(`properties,name,${marker}`, ''),
  ).not.toContain(marker);
  expect(said).not.toContain(marker);
  expect(pathsOfErrors + said).not.toContain(secret);
  expect(JSON.stringify([warn.mock.calls, printed.map(({ mock }) => mock.calls)])).not.toMatch(
    new RegExp(`${marker}|${secret}`),
  );
  for (const spy of printed) spy.mockRestore();

  const rows = JSON.stringify(await allRows(device.indexedDB));
  expect(rows).toContain(marker);
  expect(rows).not.toContain(secret);
});

it('R53 an API key in a header is a warning that names the way out, once', async () => {
  const warn = vi.fn();
  const device = aDevice();
  const leadbox = await device.loadedTab({ headers: { 'x-api-key': secret }, environment: { warn } });
  for (const a of [1, 2]) await (await leadbox.patch(leadId(0), { properties: { a } })).settled;
  await leadbox.refresh(leadId(0));
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/key.*backend/s)]]);
});

it.each([
  ['/api/v1', 'https://app.example', '1'],
  ['https://app.example/api', 'https://app.example', '1'],
  ['', undefined, '1'],
  ['https://api.example/v1', 'https://app.example', null],
  ['//api.example/v1', 'https://app.example', null],
  ['https://api.example/v1', undefined, null],
  ['https://api.example/v1', 'null', null],
] as const)('R54 requests to %s from a page of %s carry X-Leadbox: %s', async (baseUrl, origin, expected) => {
  const device = aDevice();
  const leadbox = await device.loadedTab({ baseUrl, environment: { origin } });
  await (await leadbox.patch(leadId(0), { properties: { a: 1 } })).settled;
  expect(device.attempts[0]?.headers.get('X-Leadbox')).toBe(expected);
});
