import type { Lead } from '../../src/index.ts';
import { jsonEqual } from '../../src/model/json.ts';
import { asJson } from '../../src/model/lead.ts';
import { thaw } from './chaos.ts';
import { type Device, secret } from './device.ts';
import { longestDelay } from './dice.ts';
import { checkWatches } from './observer-checks.ts';
import { referencePatch } from './reference-merge.ts';
import { refusals } from './server.ts';
import { storedText } from './stored.ts';
import type { Tab } from './tab.ts';

/** Virtual milliseconds in which everything must have been sent once nothing goes wrong any more. */
const budget = 900_000;

/** The second phase: everything works again. What is pending reaches the server in time, and then all is at rest. */
export async function heal(device: Device, initial: readonly Lead[]): Promise<void> {
  const { scheduler, network, ledger, storage, sending } = device;
  scheduler.trace.push(`heal at ${scheduler.elapsed}`);
  Object.assign(device, { isHealed: true, storageFaults: 0, onLine: true });
  network.isOffline = false;
  for (const tab of device.tabs) {
    tab.diesAtCommit = false;
    thaw(device, tab);
  }
  if (!device.tabs.length) await device.open();
  // What was called before has come to an end, and late messages arrived: of calls that overlap none is the last.
  await scheduler.run({ until: scheduler.elapsed + longestDelay });
  sending.paused(undefined);
  sending.freed();
  device.resumes = { ...device.resumes, begun: device.resumes.begun + 1 };
  const [first] = device.tabs as [Tab]; // one was opened above
  await called(device, first, 'resume()', () => first.leadbox.resume());
  device.tellOnLine();
  await called(device, first, 'load()', () => first.leadbox.load(device.server.leads()));

  const until = scheduler.elapsed + budget;
  const isDrained = () => !storage.stored.outbox.length && !network.passages.size;
  while (!isDrained() && scheduler.elapsed < until && !ledger.broken) {
    await scheduler.run({ until: Math.min(until, scheduler.elapsed + 10_000), isOver: isDrained });
  }
  if (!isDrained())
    ledger.break(5, `${storage.stored.outbox.length} edits are pending after ${budget} ms without a fault`);
  // What was told and got lost is read again by a page that becomes visible (R41).
  await scheduler.run({ until: scheduler.elapsed + 60_000, isDone: () => !device.workers.length });
  if (device.workers.length) ledger.break(12, 'the worker does not come to an end');
  for (const tab of device.tabs) device.tell(tab, 'visible');
  for (const { id } of initial) await called(device, first, 'refresh()', () => first.leadbox.refresh(id));
  await scheduler.run({ until: scheduler.elapsed + 1_000 });
  await checkRest(device, initial);
  for (const tab of [...device.tabs]) await device.close(tab);
  await scheduler.run({ until: scheduler.elapsed + 2_000 });
  if (device.claims()) ledger.break(12, `${device.claims()} locks are left over`);
  if (device.channels()) ledger.break(12, `${device.channels()} channels are left over`);
}

async function checkRest(device: Device, initial: readonly Lead[]): Promise<void> {
  const { ledger, server, storage } = device;
  const { parked, outbox, bases } = storage.stored;
  if (outbox.length || bases.length) ledger.break(3, `${outbox.length} edits and ${bases.length} bases are left`);
  checkServer(device, initial);
  for (const { seq, patch, status } of parked) {
    const text = JSON.stringify(patch);
    const isRefused = Object.entries(refusals).some(([word, code]) => text.includes(word) && code === status);
    // Only a 422 is taken apart (R21, R70).
    if (status === 422 && !isRefused) ledger.break(8, `${seq} was parked as ${status}: ${text}`);
  }
  for (const tab of device.tabs) {
    const status = await called(device, tab, 'status()', () => tab.leadbox.status());
    const state = parked.length ? 'waiting' : 'synced';
    if (status && (status.state !== state || status.pending || status.parked !== parked.length)) {
      ledger.break(3, `${tab.label} says ${JSON.stringify(status)} with ${parked.length} parked edits`);
    }
    for (const { id } of initial) {
      const got = await called(device, tab, 'get()', () => tab.leadbox.get(id));
      const truth = server.lead(id);
      if (got?.pending || !same(got?.lead, truth) || !same(got?.server, truth)) {
        ledger.break(3, `${tab.label} gives ${JSON.stringify(got)} for ${JSON.stringify(truth)}`);
      }
    }
  }
  for (const { tab, shown, isStatusWatched, status } of device.watches) {
    if (!device.tabs.includes(tab)) continue;
    for (const [key, lead] of shown) {
      const truth = server.leads().find(({ id }) => key.endsWith(id));
      if (!same(lead, truth))
        ledger.break(3, `${tab.label} shows ${key}: ${JSON.stringify(lead)} for ${JSON.stringify(truth)}`);
    }
    if (isStatusWatched && (status()?.pending || status()?.parked !== parked.length))
      ledger.break(3, `${tab.label} observes ${JSON.stringify(status())}`);
  }
  checkWatches(device.watches, ledger);
  checkPromises(device);
  if (storedText(device.factory).includes(secret)) ledger.break(13, 'a secret is on the device');
  if (Object.keys(Object.prototype).length || 'x' in {} || 'y' in {})
    ledger.break(13, 'the prototype of objects is polluted');
}

/** The server has every durable edit that was not refused, in order, and nothing else. */
function checkServer({ ledger, server }: Device, initial: readonly Lead[]): void {
  for (const seq of ledger.rows.keys()) {
    if (!ledger.applied.has(seq) && !ledger.parked.has(seq)) ledger.break(1, `edit ${seq} never reached the server`);
  }
  for (const before of initial) {
    const truth = server.lead(before.id);
    const { theirs } = truth.properties ?? {};
    const rows = [...ledger.rows.values()].filter(({ leadId, seq }) => leadId === before.id && !ledger.parked.has(seq));
    const own = rows.sort((a, b) => a.seq - b.seq).reduce((lead, { patch }) => referencePatch(lead, patch), before);
    const { updated_at } = truth;
    const expected = { ...(theirs === undefined ? own : referencePatch(own, { properties: { theirs } })), updated_at };
    if (!same(expected, truth))
      ledger.break(2, `the server has ${JSON.stringify(truth)} for ${JSON.stringify(expected)}`);
  }
}

/** Of the tabs that lived on, every promise was kept (R40); and where it was not given, nothing was stored (R1). */
function checkPromises({ ledger, tabs }: Device): void {
  const stored = [...ledger.rows.values()].map(({ patch }) => JSON.stringify(patch)).join();
  for (const { tab, leadbox, edit, error, outcome, value } of ledger.edits) {
    if (error && new RegExp(`[: ]${value}\\b`).test(stored)) ledger.break(1, `edit ${value} rejected and was stored`);
    if (!tabs.includes(tab) || leadbox !== tab.leadbox) continue;
    if (!edit && !error) ledger.break(1, `the promise of edit ${value} stays open`);
    const expected = edit && (edit.seq ? (ledger.parked.has(edit.seq) ? 'parked' : 'synced') : 'unchanged');
    if (edit && outcome !== expected)
      ledger.break(1, `edit ${edit.seq} of ${tab.label} settled as ${outcome}, not ${expected}`);
  }
}

/** What a call gives; it must come to an end. */
async function called<T>(device: Device, tab: Tab, name: string, run: () => Promise<T>): Promise<T | undefined> {
  const { scheduler, ledger } = device;
  let given: T | undefined;
  let isOver = false;
  await scheduler.perform(tab, () => {
    run()
      .then(
        (value) => {
          given = value;
        },
        (error: unknown) => ledger.break(12, `${name} rejected with ${String(error)}`),
      )
      .finally(() => {
        isOver = true;
      });
  });
  await scheduler.run({ until: scheduler.elapsed + 120_000, isDone: () => isOver });
  if (!isOver) ledger.break(12, `${name} does not come to an end`);
  return given;
}

function same(a: Lead | undefined, b: Lead | undefined): boolean {
  return !!a && !!b && jsonEqual(asJson(a), asJson(b));
}
