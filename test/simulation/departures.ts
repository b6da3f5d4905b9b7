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
  const ways: Readonly<Partial<Record<Way, number>>> = { refuse: 2, sync: 3, keep: 4, discard: 2 };
  const outcome = await signOut(device, device.dice.weighted(ways));
  if (verdict.broken) return [device];
  if (outcome === 'refused') return [device];
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
  const { scheduler, verdict, factory } = device.place;
  // A page that does not run would keep the database from being deleted until the browser needs its memory.
  for (const tab of device.tabs.filter(({ isFrozen }) => isFrozen)) device.kill(tab);
  device.storageFaults = 0;
  const tab = device.tabs.length ? dice.pick(device.tabs) : await device.open();
  // Whoever is opening the name now brings its user back: before he leaves, or after.
  await scheduler.run({ until: scheduler.elapsed + 10_000 });
  if (!device.tabs.includes(tab)) return 'refused';
  let outcome: Outcome | undefined;
  scheduler.trace.push(`signs out ${tab.label} ${way}`);
  storage.leaves(way);
  await scheduler.perform(tab, () => {
    tab.leadbox.signOut({ pending: way }).then(
      () => {
        if (tab.isDead) return;
        outcome = 'left';
        sending.left();
      },
      (error: unknown) => {
        if (!tab.isDead && !isLeadboxError(error)) ledger.break(12, `signOut() rejected with ${String(error)}`);
        outcome = 'refused';
      },
    );
  });
  const edits: readonly EditAction[] = ['set', 'section', 'recipe'];
  for (let step = dice.between(0, 3); step > 0 && !verdict.broken; step--) {
    await scheduler.run({ tasks: dice.between(0, 60), isDone: () => outcome !== undefined });
    const other = device.tabs.length ? dice.pick(device.tabs) : undefined;
    if (other)
      await scheduler.perform(other, () => makeEdit(device, other, dice.pick(device.initial).id, dice.pick(edits)));
  }
  await scheduler.run({ until: scheduler.elapsed + 300_000, isDone: () => outcome !== undefined || tab.isDead });
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
