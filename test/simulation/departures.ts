import { isLeadboxError, type Lead } from '../../src/index.ts';
import { someLeads } from '../builders/a-lead.ts';
import { chaos } from './chaos.ts';
import { createDevice, type Device, type Stay } from './device.ts';
import { makeEdit } from './make-edit.ts';
import type { EditAction, Mix } from './mix.ts';
import { storedText } from './stored.ts';
import type { Tab } from './tab.ts';

/** What becomes of edits that the server does not have (R45). */
export type Way = 'refuse' | 'sync' | 'keep' | 'discard';

type Outcome = 'left' | 'refused' | 'unclear';

/**
 * The user signs out in the middle of everything, somebody else uses the device under another name, and the first one
 * comes back: to what he kept, or to a new stay where everything was wiped. Gives all stays that are to be healed.
 */
export async function depart(device: Device, stay: Stay, mix: Mix): Promise<readonly Device[]> {
  const { scheduler, verdict } = device.place;
  const ways: Readonly<Partial<Record<Way, number>>> = { refuse: 2, sync: 5, keep: 4, discard: 2 };
  let outcome = await signOut(device, device.dice.weighted(ways));
  for (let tries = 0; tries < 2 && outcome === 'refused' && !verdict.broken; tries++) {
    await decide(device);
    outcome = await signOut(device, 'sync');
  }
  if (outcome === 'refused' || verdict.broken) return [device];
  if (mix.hasWorker) device.wakeWorker();

  const user = { name: 'guest', label: 'guest-' };
  const visit: Stay = { ...stay, user, seed: stay.seed ^ 0x5eed, leads: someLeads(mix.leads + 2).slice(mix.leads) };
  const guest = createDevice(visit);
  const opened = await guest.open();
  await scheduler.perform(opened, () => void opened.leadbox.load(visit.leads));
  await scheduler.run({});
  await chaos(guest, { ...mix, steps: 8, tabs: 2 });
  if (verdict.broken) return [device];
  const guestLeft = await signOut(guest, guest.dice.pick<Way>(['sync', 'keep', 'discard']));
  if (verdict.broken) return [device];
  const guests = guest.storage.isWiped ? [] : [guest];
  if (guestLeft === 'left') await scheduler.run({ until: scheduler.elapsed + guest.dice.pick([10, 40_000]) });

  if (!device.storage.isWiped) {
    await device.open();
    return [device, ...guests];
  }
  device.isOver = true;
  for (const worker of [...device.workers]) device.kill(worker);
  const leads: readonly Lead[] = device.server.leads();
  const next = createDevice({ ...stay, user: { name: device.user.name, label: 'again-' }, seed: stay.seed + 1, leads });
  const first = await next.open();
  await scheduler.perform(first, () => void first.leadbox.load(leads));
  await scheduler.run({});
  return [next, ...guests];
}

/** One tab signs out while the others go on. Where it did, none of them is left, nor anything that was to be wiped. */
async function signOut(device: Device, way: Way): Promise<Outcome> {
  const { dice, storage, sending, ledger, user } = device;
  const { scheduler, factory } = device.place;
  // A page that does not run would keep the database from being deleted until the browser needs its memory.
  for (const tab of device.tabs.filter(({ isFrozen }) => isFrozen)) device.kill(tab);
  device.storageFaults = 0;
  const tab = device.tabs.length ? dice.pick(device.tabs) : await device.open();
  if (device.tabs.length < 2 && device.mix.tabs > 1) await device.open();
  // Whoever is opening the name now brings its user back: before he leaves, or after.
  await scheduler.run({ until: scheduler.elapsed + 10_000 });
  if (!device.tabs.includes(tab)) return 'refused';
  if (dice.chance(0.7)) brightUp(device);
  let outcome: Outcome | undefined;
  scheduler.trace.push(`signs out ${tab.label} ${way}`);
  storage.leaves(way);
  if (way === 'sync') sending.urged(tab);
  await scheduler.perform(tab, () => {
    tab.leadbox.signOut({ pending: way }).then(
      () => {
        if (tab.isDead) return;
        outcome = 'left';
        sending.left();
      },
      (error: unknown) => {
        if (tab.isDead) return;
        if (!isLeadboxError(error)) ledger.break(12, `signOut() rejected with ${String(error)}`);
        outcome = 'refused';
      },
    );
  });
  const isOver = () => outcome !== undefined || tab.isDead;
  const edits: readonly EditAction[] = ['set', 'section', 'recipe'];
  // Nothing is worse than an edit in another tab when everything was sent, and just before all of it is wiped.
  let isFoul = dice.chance(0.8);
  device.onBegun = (beginner, database) => {
    const isEnd = beginner === tab && database === user.name && !isOver() && !storage.stored.outbox.length;
    if (!isEnd || !isFoul || dice.chance(0.7)) return;
    isFoul = false;
    const others = device.tabs.filter((other) => other !== tab);
    const other = others.length ? dice.pick(others) : undefined;
    if (other)
      scheduler.post(other, 'user', () => makeEdit(device, other, dice.pick(device.initial).id, dice.pick(edits)));
  };
  // Sending first, it overrides backoff whenever its turn comes.
  for (let waited = 0; waited < 300_000 && !isOver(); waited += 10_000) {
    if (way === 'sync') sending.urged(tab);
    await scheduler.run({ until: scheduler.elapsed + 10_000, isDone: isOver });
  }
  device.onBegun = () => {};
  if (outcome === 'refused') {
    storage.leaves(undefined);
    return 'refused';
  }
  if (outcome === undefined) {
    // Nobody waits for that long.
    if (!tab.isDead) device.kill(tab);
    scheduler.trace.push('signing out did not come to an end');
  }
  // Late messages arrive.
  await scheduler.run({ until: scheduler.elapsed + 61_000 });
  for (const other of [...device.tabs]) await leave(device, other);
  storage.leaves(undefined);
  if (outcome === undefined || way === 'keep') return outcome ?? 'unclear';
  storage.ends();
  if (!storage.isWiped) ledger.break(1, `${user.name} signed out, and nothing was wiped`);
  await scheduler.run({ until: scheduler.elapsed + 6_000 });
  const left = storedText(factory, user.name);
  if (device.initial.some(({ id }) => left.includes(id))) ledger.break(13, `${user.name} signed out, and left ${left}`);
  return 'left';
}

/** What is parked is nothing that anybody still wants. */
async function decide({ place, tabs, storage, ledger }: Device): Promise<void> {
  const [tab] = tabs;
  for (const { seq, leadId } of tab ? storage.stored.parked : []) {
    ledger.askedFor.add(seq);
    ledger.turnedBack.add(leadId);
    await place.scheduler.perform(tab, () => void tab?.leadbox.outbox.discard(seq).catch(() => {}));
  }
  await place.scheduler.run({ until: place.scheduler.elapsed + 1_000 });
}

/** Most people sign out where the network works. */
function brightUp(device: Device): void {
  const { network, gate } = device;
  network.isOffline = false;
  device.onLine = true;
  device.tellOnLine();
  device.clearWeather();
  gate.setSession(true);
}

/** A page of somebody who signed out: closed, unless no word of it arrived. */
async function leave(device: Device, tab: Tab): Promise<void> {
  const { scheduler } = device.place;
  let state: string | undefined;
  await scheduler.perform(
    tab,
    () =>
      void tab.leadbox.status().then(
        (status) => (state = status.state),
        () => (state = 'none'),
      ),
  );
  await scheduler.run({ until: scheduler.elapsed + 5_000, isDone: () => state !== undefined });
  if (state !== 'closed') return device.kill(tab);
  device.checkLeftOvers(tab);
  device.tabs.splice(device.tabs.indexOf(tab), 1);
}
