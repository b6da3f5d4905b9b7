import { IDBFactory } from 'fake-indexeddb';
import { createDice } from './dice.ts';
import type { FakeFactory } from './fake-internals.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import type { Tab } from './tab.ts';

/** Never to be found on the device: the sessions of all users begin like this. */
export const secret = 'secret-of-the-session';

const startedAt = Date.UTC(2025, 0, 15, 12);

/** What outlives a user's stay on a device: its storage, its clock, and what goes wrong in any stay. */
export interface Place {
  readonly scheduler: Scheduler;
  readonly factory: FakeFactory;
  readonly verdict: Ledger;
  /** Milliseconds since 1970, for the servers. */
  realTime(): number;
  /** The wall clock of the device, in milliseconds since 1970. */
  now(): number;
  jump(milliseconds: number): void;
  /** A number that no edit of this life has had. */
  newValue(): number;
  /** Told before the clock is set. */
  readonly jumps: Set<(milliseconds: number) => void>;
}

export function createPlace(seed: number): Place {
  let jumped = 0;
  let values = 0;
  const verdict = createLedger(() => scheduler.stop());
  const scheduler = createScheduler(createDice(seed, 4), (owner, error) => {
    if (!(owner as Tab | undefined)?.isDead) verdict.break(12, `uncaught: ${String(error)}`); // owners are tabs
  });
  const place: Place = {
    ...{ scheduler, verdict, jumps: new Set() },
    factory: new IDBFactory() as unknown as FakeFactory, // what it is
    realTime: () => startedAt + scheduler.elapsed,
    now: () => place.realTime() + jumped,
    newValue: () => ++values,
    jump(milliseconds) {
      for (const told of place.jumps) told(milliseconds);
      jumped += milliseconds;
    },
  };
  return place;
}

/** Whose stay it is. */
export interface User {
  /** The name of his database. */
  readonly name: string;
  /** What the labels of his pages begin with. */
  readonly label: string;
}
