import { createDice } from './dice.ts';
import type { Ledger } from './ledger.ts';
import type { Scheduler } from './scheduler.ts';
import type { Tab } from './tab.ts';

/** A page or a worker that has not begun to run. */
export function newTab(label: string, seed: number, index: number): Tab {
  return {
    ...{ index, label: `${label}${index}`, isFrozen: false, isDead: false, isClosed: false, isVisible: true },
    ...{ diesAtCommit: false, dice: createDice(seed, 10 + index), ends: new Set() },
    ...{
      connections: new Set(),
      opening: new Set(),
      transactions: new Set(),
      storing: new Set(),
      lifecycle: new Set(),
      connectivity: new Set(),
    },
    leadbox: undefined as unknown as Tab['leadbox'], // set before anybody sees it; a worker's is its own
  };
}

/** Nothing of a closed leadbox is left (12). */
export function checkLeftOvers(tab: Tab, scheduler: Scheduler, ledger: Ledger): void {
  const left = {
    timers: scheduler.timersOf(tab, 'timer'),
    listeners: tab.lifecycle.size + tab.connectivity.size,
    'locks, channels or requests': tab.ends.size,
  };
  for (const [kind, count] of Object.entries(left)) {
    if (count) ledger.break(12, `${count} ${kind} of ${tab.label} are left over`);
  }
  // One that was just being opened is closed once it is open, maybe behind a frozen page; one that was closed goes with its
  // last read.
  const lookForConnections = () => {
    if (tab.opening.size) return;
    scheduler.idle.delete(lookForConnections);
    const isOpen = [...tab.connections].some(({ _closePending: isClosing }) => !isClosing);
    if (isOpen) ledger.break(12, `connections of ${tab.label} are left over`);
  };
  scheduler.idle.add(lookForConnections);
}
