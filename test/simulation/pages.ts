import type { Device } from './device.ts';
import type { LifecycleChange, Tab } from './tab.ts';
import { closeConnections } from './tab-storage.ts';

/** Its process ends: what its code still does reaches nobody. */
export function kill(device: Device, tab: Tab): void {
  const { scheduler } = device;
  scheduler.trace.push(`killed ${tab.label}`);
  device.hasKilled = true;
  Object.assign(tab, { isDead: true, isFrozen: false, diesAtCommit: false });
  for (const list of [device.tabs, device.workers]) if (list.includes(tab)) list.splice(list.indexOf(tab), 1);
  closeConnections(tab);
  for (const end of [...tab.ends]) end();
  scheduler.forget(tab);
}

/** Its leadbox closes, and nothing of it is left (12). */
export async function close(device: Device, tab: Tab): Promise<void> {
  const { scheduler, ledger } = device;
  tab.isClosed = true;
  let isOver = false;
  await scheduler.perform(tab, () => {
    void tab.leadbox.close().finally(() => {
      isOver = true;
    });
  });
  await scheduler.run({ until: scheduler.elapsed + 120_000, isDone: () => isOver });
  if (!isOver) ledger.break(12, `${tab.label} does not close`);
  device.checkLeftOvers(tab);
  device.tabs.splice(device.tabs.indexOf(tab), 1);
}

/** The page learns that it is shown, hidden or runs again. */
export function tell({ scheduler, sending }: Device, tab: Tab, to: LifecycleChange): void {
  scheduler.post(tab, 'lifecycle', () => {
    if (tab.isDead) return;
    if (to === 'visible' || to === 'resumed') sending.relieved(tab);
    for (const changed of [...tab.lifecycle]) changed(to);
  });
}

/** The pages learn what the device thinks of its connection. */
export function tellOnLine(device: Device): void {
  const { scheduler, sending } = device;
  for (const tab of device.tabs) {
    scheduler.post(tab, 'connectivity', () => {
      if (tab.isDead) return;
      if (device.onLine) sending.relieved(tab);
      for (const changed of [...tab.connectivity]) changed();
    });
  }
}
