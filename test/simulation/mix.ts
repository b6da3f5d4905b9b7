import type { LeadboxOptions } from '../../src/index.ts';
import type { Dice } from './dice.ts';
import type { Fate } from './fate.ts';
import type { MessageFaults } from './tab-channels.ts';
import type { StorageFault } from './tab-storage.ts';
import type { World } from './world.ts';

export type Action =
  | EditAction
  | 'wait'
  | 'long-wait'
  | 'offline'
  | 'online'
  | 'claims-offline'
  | 'weather'
  | 'kill'
  | 'kill-at-commit'
  | 'reload'
  | 'open'
  | 'freeze'
  | 'thaw'
  | 'jump'
  | 'hide'
  | 'show'
  | 'pause'
  | 'resume'
  | 'sync'
  | 'refresh'
  | 'load'
  | 'forget'
  | 'theirs'
  | 'storage'
  | SecondThought
  | 'expire'
  | 'burst'
  | 'their-edit';

export type SecondThought = 'discard' | 'undo' | 'retry';

export type EditAction =
  | 'set'
  | 'nest'
  | 'clear'
  | 'section'
  | 'clear-section'
  | 'recipe'
  | 'several'
  | 'same'
  | 'odd'
  | 'refused';

/** What one life is made of: each seed draws its own. */
export interface Mix {
  readonly world: World;
  readonly options: LeadboxOptions;
  readonly tabs: number;
  readonly leads: number;
  readonly steps: number;
  readonly actions: Readonly<Partial<Record<Action, number>>>;
  /** The fates of requests; drawn anew when the weather changes. */
  readonly fates: Readonly<Partial<Record<Fate, number>>>;
  readonly storage: Readonly<Partial<Record<StorageFault, number>>>;
  readonly messages: MessageFaults;
  /** Web Locks; where there are none, a lease makes one tab the sender. */
  readonly hasLocks: boolean;
  /** A service worker that Background Sync wakes. */
  readonly hasWorker: boolean;
  /** Each edit is stored before the next step, and no page dies: what users do does not depend on the scheduler. */
  readonly isOrderly: boolean;
  /** The user signs out in the middle of it, and comes back after somebody else. */
  readonly departs: boolean;
  /** How many tasks run between two steps, at most. */
  readonly haste: number;
}

const edits: Readonly<Record<EditAction, number>> = {
  ...{ set: 8, nest: 3, clear: 2, section: 2, 'clear-section': 1, recipe: 3, several: 2, same: 1, odd: 1, refused: 2 },
};

const everyday: Readonly<Partial<Record<Action, number>>> = {
  ...{ wait: 8, 'long-wait': 2, weather: 2, offline: 1, online: 2, 'claims-offline': 1, kill: 1, 'kill-at-commit': 1 },
  ...{
    reload: 1,
    open: 1,
    jump: 1,
    hide: 1,
    show: 1,
    pause: 1,
    resume: 2,
    sync: 1,
    refresh: 1,
    load: 1,
    forget: 1,
    theirs: 2,
  },
  ...{ storage: 2, freeze: 1, thaw: 2 },
};

const troubles: Readonly<Record<Exclude<Fate, 'answered'>, number>> = {
  ...{ lost: 2, 'answer-lost': 2, cut: 1, doubled: 1, hang: 2, '500': 1, '503': 1, '425': 1, '429': 1 },
  ...{ '401': 1, '504': 1, '408': 1, page: 1, empty: 1, redirect: 1, 'other-lead': 1 },
};

const storageFaults: Readonly<Record<StorageFault, number>> = {
  ...{ throws: 1, lost: 1, closed: 1, NotReadableError: 1, QuotaExceededError: 1 },
};

export function drawMix(dice: Dice): Omit<Mix, 'world'> {
  const manner = dice.pick<LeadboxOptions>([
    ...[{}, {}, { concurrency: 2 }, { concurrency: 3 }, { ordering: 'strict' as const }],
    { idempotencyHeader: 'Idempotency-Key' },
    { idempotencyHeader: 'Idempotency-Key', concurrency: 2 },
  ]);
  const messages = dice.chance(0.5)
    ? { lost: 0, doubled: 0, late: 0 }
    : { lost: dice.random(), doubled: dice.random() / 2, late: dice.random() / 2 };
  return {
    options: { ...manner, ...(dice.chance(0.3) ? { coalesce: false } : {}) },
    tabs: Number(dice.weighted({ 1: 3, 2: 4, 3: 2, 4: 1 })),
    leads: dice.between(2, 4),
    steps: dice.between(25, 45),
    actions: { ...thinned(edits, dice, 0.8), set: 6, ...thinned(everyday, dice, 0.6), wait: 6 },
    fates: drawFates(dice),
    storage: { ...thinned(storageFaults, dice, 0.5), NotReadableError: 0.2 },
    messages,
    hasLocks: dice.chance(0.85),
    hasWorker: dice.chance(0.4),
    isOrderly: false,
    departs: false,
    haste: dice.pick([5, 20, 60, 150]),
  };
}

/** The weather of the network. */
export function drawFates(dice: Dice): Mix['fates'] {
  return { answered: dice.pick([2, 6, 20]), ...thinned(troubles, dice, 0.4) };
}

/** Each kind with this chance, and then with a strength of its own. */
function thinned<K extends string>(weights: Readonly<Partial<Record<K, number>>>, dice: Dice, share: number) {
  const kept = Object.entries<number | undefined>(weights).flatMap(([kind, weight = 0]) =>
    dice.chance(share) ? [[kind, weight * dice.random() * 2]] : [],
  );
  return Object.fromEntries(kept) as Partial<Record<K, number>>; // its keys are some of theirs
}
