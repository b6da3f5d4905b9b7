import { thaw } from './chaos.ts';
import type { Device } from './device.ts';
import { longestDelay } from './dice.ts';
import { checkPromises, checkServer, same } from './end-checks.ts';
import { checkWatches } from './observer-checks.ts';
import { secret } from './place.ts';
import { refusals } from './server.ts';
import { storedText } from './stored.ts';
import type { Tab } from './tab.ts';

/** Virtual milliseconds in which everything must have been sent once nothing goes wrong any more. */
const budget = 1_800_000;

/** Milliseconds in which a device does what it has to do, though it stands still meanwhile. */
const slowness = 10_000;

/** The second phase: everything works again. What is pending reaches the server in time, and then all is at rest. */
export async function heal(device: Device): Promise<void> {
  const { initial, scheduler, network, gate, ledger, storage, sending } = device;
  scheduler.trace.push(`heal at ${scheduler.elapsed}`);
  Object.assign(device, { isHealed: true, storageFaults: 0, onLine: true, onBegun: () => {} });
  network.isOffline = false;
  gate.calm();
  for (const tab of device.tabs) {
    tab.diesAtCommit = false;
    thaw(device, tab);
  }
  if (!device.tabs.length) await device.open();
  // What was called before has come to an end, and late messages arrived: of calls that overlap none is the last.
  await scheduler.run({ until: scheduler.elapsed + longestDelay });
  sending.paused(undefined);
  device.resumes = { ...device.resumes, begun: device.resumes.begun + 1 };
  const [first] = device.tabs as [Tab]; // one was opened above
  await called(device, first, 'resume()', () => first.leadbox.resume());
  sending.signedIn(first);
  sending.relieved(first);
  device.tellOnLine();
  await called(device, first, 'load()', () => first.leadbox.load(device.server.leads()));

  const until = scheduler.elapsed + budget;
  const isDrained = () => !storage.stored.outbox.length && !network.passages.size;
  while (!isDrained() && scheduler.elapsed < until && !device.place.verdict.broken) {
    await scheduler.run({ until: Math.min(until, scheduler.elapsed + 10_000), isOver: isDrained });
  }
  if (!isDrained())
    ledger.break(5, `${storage.stored.outbox.length} edits are pending after ${budget} ms without a fault`);
  gate.open();
  // What was told and got lost is read again by a page that becomes visible (R41).
  await scheduler.run({ until: scheduler.elapsed + 60_000, isDone: () => !device.workers.length });
  if (device.workers.length) ledger.break(12, 'the worker does not come to an end');
  for (const tab of device.tabs) device.tell(tab, 'visible');
  for (const { id } of initial) await called(device, first, 'refresh()', () => first.leadbox.refresh(id));
  await scheduler.run({ until: scheduler.elapsed + 1_000 });
  await checkRest(device);
  for (const tab of [...device.tabs]) await device.close(tab);
  await scheduler.run({ until: scheduler.elapsed + slowness });
  if (device.claims()) ledger.break(12, `${device.claims()} locks are left over`);
  if (device.channels()) ledger.break(12, `${device.channels()} channels are left over`);
}

async function checkRest(device: Device): Promise<void> {
  const { initial, ledger, server, storage } = device;
  const { parked, outbox, bases } = storage.stored;
  if (outbox.length || bases.length) ledger.break(3, `${outbox.length} edits and ${bases.length} bases are left`);
  checkServer(device);
  for (const { seq, patch, status } of parked) {
    const text = JSON.stringify(patch);
    const isRefused = Object.entries(refusals).some(([word, code]) => text.includes(word) && code === status);
    // Only a 422 is taken apart (R21, R70).
    if (!isRefused && (status === 422 || (status !== undefined && ![403, 409, 410, 412].includes(status))))
      ledger.break(8, `${seq} was parked as ${status}: ${text}`);
  }
  for (const [seq, tab] of ledger.parkedBy)
    if (device.tabs.includes(tab) && !ledger.parkedEvents.has(seq)) ledger.break(8, `no event tells of parked ${seq}`);
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
  for (const { tab, watched, shown, isStatusWatched, status } of device.watches) {
    if (!device.tabs.includes(tab)) continue;
    for (const key of watched) {
      const lead = shown.get(key);
      const truth = server.leads().find(({ id }) => key.endsWith(id));
      if (!same(lead, truth))
        ledger.break(3, `${tab.label} shows ${key}: ${JSON.stringify(lead)} for ${JSON.stringify(truth)}`);
    }
    if (isStatusWatched && (status()?.pending || status()?.parked !== parked.length))
      ledger.break(3, `${tab.label} observes ${JSON.stringify(status())}`);
  }
  checkWatches(device.watches, ledger);
  checkPromises(device);
  if (storedText(device.place.factory).includes(secret)) ledger.break(13, 'a secret is on the device');
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
