import type { SyncStatus } from '../../src/index.ts';
import type { Device } from './device.ts';
import type { Tab } from './tab.ts';

// After so many milliseconds a page reads again where a message got lost (R41).
const reReading = 30_000;

/**
 * Where nothing can run before time goes by, every page that knows of pending edits has a next attempt under way or
 * ahead, or says why not (5). Only what a page shows anyway is looked at, so that looking changes nothing.
 */
export function createProgressChecks(device: Device): () => void {
  const { watches, tabs, storage, ledger, mix, place } = device;
  const { lost, late } = mix.messages;
  const stuckSince = new Map<Tab, number>();
  // Timers do not follow a clock that is set.
  let forward = 0;
  place.jumps.add((milliseconds) => {
    forward += Math.max(0, milliseconds);
  });

  return () => {
    if (!storage.stored.outbox.length) return stuckSince.clear();
    // A page that was killed may not have told any more what it stored.
    const patience = lost || late || device.hasKilled ? reReading : 0;
    for (const { tab, isStatusWatched, status } of watches) {
      const now = status();
      const isLooked = isStatusWatched && !tab.isFrozen && !tab.isClosed && tabs.includes(tab);
      // A transaction may stand in line behind one of a frozen page: what is shown is not the last word then.
      if (!isLooked || !now?.pending || tab.transactions.size || isGoingOn(device, now, place.now() - forward)) {
        stuckSince.delete(tab);
        continue;
      }
      const since = stuckSince.get(tab) ?? place.scheduler.elapsed;
      stuckSince.set(tab, since);
      if (place.scheduler.elapsed > since + patience || !patience)
        ledger.break(5, `${tab.label} says ${JSON.stringify(now)}, and nothing is under way`);
    }
  };
}

function isGoingOn(device: Device, { state, waitingFor, nextAttemptAt = 0 }: SyncStatus, now: number): boolean {
  switch (waitingFor) {
    case undefined:
      return state === 'closed' || isUnderWay(device);
    case 'network':
    case 'retry':
    case 'rate-limit':
      return nextAttemptAt >= now || isUnderWay(device);
    default:
      return true;
  }
}

/** A request, or somebody who has the right to send or stands in line for it: a sign-in may take its time. */
function isUnderWay({ network, claims }: Device): boolean {
  return [...network.passages].some(({ isOpen }) => isOpen) || claims() > 0;
}
