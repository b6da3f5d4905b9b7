import { isLeadboxError } from '../../src/index.ts';
import { replayMemoryName } from '../../src/storage/replay-memory.ts';
import type { Device } from './device.ts';
import { makeEdit } from './make-edit.ts';
import type { Action, Mix } from './mix.ts';
import { haveSecondThoughts } from './second-thoughts.ts';
import { readMemory } from './stored.ts';
import type { Tab } from './tab.ts';

/** The first phase: users work, and whatever can go wrong does. */
export async function chaos(device: Device, mix: Mix): Promise<void> {
  const { dice, scheduler, server, ledger } = device;
  for (let step = 0; step < mix.steps && !device.place.verdict.broken; step++) {
    const action = dice.weighted<Action>(mix.actions);
    if (!device.tabs.length) await device.open();
    const tab = dice.pick(device.tabs);
    // Nobody does anything in a page that does not run.
    if (tab.isFrozen && !fateful.includes(action)) continue;
    const { id } = dice.pick(server.leads());
    scheduler.trace.push(`step ${action} ${tab.label} ${id.slice(-1)} at ${scheduler.elapsed}`);
    await take(device, mix, action, tab, id);
    const isStored = () => ledger.edits.every(({ edit, error }) => edit || error);
    if (mix.isOrderly) await scheduler.run({ until: scheduler.elapsed + 60_000, isDone: isStored });
    await scheduler.run({ tasks: dice.between(0, mix.haste) });
  }
}

const fateful: readonly Action[] = [
  'kill',
  'reload',
  'thaw',
  'wait',
  'long-wait',
  'offline',
  'online',
  'weather',
  'jump',
];

async function take(device: Device, mix: Mix, action: Action, tab: Tab, leadId: string): Promise<void> {
  const { dice, scheduler, server, gate, network, sending } = device;
  const ask = (run: () => Promise<unknown>) => {
    run().catch((error: unknown) => {
      if (!tab.isDead && !isLeadboxError(error)) device.ledger.break(12, `rejected with ${String(error)}`);
    });
  };
  const call = (run: () => Promise<unknown>) => scheduler.perform(tab, () => ask(run));

  switch (action) {
    case 'wait':
      return scheduler.run({ until: scheduler.elapsed + dice.pick([1, 10, 100, 1_000, 3_000]) });
    case 'long-wait':
      return scheduler.run({ until: scheduler.elapsed + dice.pick([8_000, 31_000, 61_000]) });
    case 'offline':
      network.isOffline = true;
      if (dice.chance(0.6)) device.onLine = false;
      if (dice.chance(0.7)) network.breakAll();
      return device.tellOnLine();
    case 'online':
      network.isOffline = false;
      device.onLine = true;
      return device.tellOnLine();
    case 'claims-offline':
      device.onLine = false;
      return device.tellOnLine();
    case 'weather':
      return device.drawWeather();
    case 'kill':
      return device.kill(dice.pick([tab, ...device.workers]));
    case 'kill-at-commit':
      tab.diesAtCommit = true;
      return;
    case 'reload':
      device.kill(tab);
      return void (await device.open());
    case 'open':
      return void (device.tabs.length < mix.tabs && (await device.open()));
    case 'freeze':
      return freeze(device, tab);
    case 'thaw':
      return device.tabs.forEach((other) => void thaw(device, other));
    case 'jump':
      return device.place.jump(dice.pick([-60_000, -10_000, -1_000, 10_000, 120_000]));
    case 'hide':
    case 'show':
      tab.isVisible = action === 'show';
      return device.tell(tab, action === 'show' ? 'visible' : 'hidden');
    case 'pause':
      // Mostly while the tab is choosing what to send.
      if (dice.chance(0.3)) return call(() => pause(device, tab));
      device.onBegun = (beginner, database, mode) => {
        if (beginner !== tab || database !== device.user.name || mode !== 'readwrite') return;
        device.onBegun = () => {};
        scheduler.post(tab, 'user', () => ask(() => pause(device, tab)));
      };
      return;
    case 'resume':
      // Mostly because somebody signed in.
      if (mix.world.hasSessions && dice.chance(0.8)) gate.setSession(true);
      sending.paused(undefined);
      return call(async () => {
        const { begun, open } = device.resumes;
        device.resumes = { begun: begun + 1, open: open + 1 };
        await tab.leadbox.resume();
        sending.signedIn(tab);
        sending.relieved(tab);
        device.resumes = { ...device.resumes, open: device.resumes.open - 1 };
      });
    case 'sync':
      sending.urged(tab);
      // It begins once every edit made before is stored.
      for (const one of tab.storing) void one.finally(() => sending.urged(tab));
      return call(() => tab.leadbox.sync());
    case 'refresh':
      return call(() => tab.leadbox.refresh(leadId));
    case 'load':
      return call(() => tab.leadbox.load(server.leads()));
    case 'forget':
      return call(() => tab.leadbox.forget(leadId));
    case 'theirs':
      return server.change(leadId, { properties: { theirs: `their ${scheduler.steps}` } });
    case 'their-edit': {
      const section = dice.pick(['properties', 'location']);
      const name = dice.pick(['a', 'b']);
      device.ledger.contested.add(`${leadId} ${section}.${name}`);
      const value = `their ${scheduler.steps}`;
      return server.change(leadId, { [section]: { [name]: dice.chance(0.3) ? { x: value } : value } });
    }
    case 'expire':
      return gate.setSession(false);
    case 'burst':
      return gate.burst(dice.pick([2_000, 20_000, 60_000]));
    case 'discard':
    case 'undo':
    case 'retry':
      return call(() => haveSecondThoughts(device, tab, action));
    case 'storage':
      device.storageFaults += dice.between(1, 4);
      return;
    default:
      return scheduler.perform(tab, () => makeEdit(device, tab, leadId, action));
  }
}

async function pause(device: Device, tab: Tab): Promise<void> {
  if (tab.isDead || tab.isClosed) return;
  const { begun, open } = device.resumes;
  await tab.leadbox.pause().catch((error: unknown) => {
    if (!isLeadboxError(error, 'storage-unavailable')) throw error; // only this tab is paused then
  });
  // Of calls that overlap none is the last.
  if (tab.isDead || begun !== device.resumes.begun || open) return;
  const written = readMemory(device.place.factory, replayMemoryName(device.user.name), 'isPaused');
  device.sending.paused(tab, written === 'true');
}

/** The page learns of it, and then nothing of it runs any more. */
async function freeze(device: Device, tab: Tab): Promise<void> {
  if (tab.isFrozen) return;
  // What it learned of waits and had not written yet it forgets with the drain that ends.
  device.sending.forgotten(tab);
  await device.scheduler.perform(tab, () => {
    for (const changed of [...tab.lifecycle]) changed('frozen');
  });
  tab.isFrozen = true;
}

export function thaw(device: Device, tab: Tab): void {
  if (!tab.isFrozen) return;
  tab.isFrozen = false;
  device.tell(tab, 'resumed');
}
