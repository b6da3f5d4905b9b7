import type { Conflict, LeadboxOptions, Resolution } from '../../src/index.ts';
import type { Dice } from './dice.ts';
import type { Action, Mix } from './mix.ts';

/** What kind of server there is, who else writes to it, and what users do besides editing. */
export interface World {
  /** A PATCH puts what it says of a section in the section's place. */
  readonly isReplacing: boolean;
  /** So many requests in so many seconds, and then 429. */
  readonly bucket: { readonly limit: number; readonly seconds: number } | undefined;
  /** Sessions end: 401 until somebody signs in again. */
  readonly hasSessions: boolean;
  /** The app brings sessions back by itself, mostly. */
  readonly renews: boolean;
  /** The server gives ETags and wants them back: 412. */
  readonly hasEtags: boolean;
  /** The share of PATCHes that are answered with 409, whatever they say. */
  readonly clashes: number;
  /** Others write where users here write too. */
  readonly isContested: boolean;
  /** How the app decides where both sides changed something; undefined: it does not. */
  readonly policy: Policy | undefined;
  /** Users take edits back, and try refused ones again. */
  readonly hasSecondThoughts: boolean;
}

export type Policy = 'mine' | 'theirs' | 'value' | 'ask' | 'throws' | 'mixed';

/** A server that merges, and nobody who contradicts. */
export const plainWorld: World = {
  ...{ isReplacing: false, bucket: undefined, hasSessions: false, renews: false, hasEtags: false, clashes: 0 },
  ...{ isContested: false, policy: undefined, hasSecondThoughts: false },
};

/** Half of the lives are lived in a plain world, so that what goes wrong there is found as quickly as ever. */
export function inWorld(mix: Omit<Mix, 'world'>, dice: Dice): Mix {
  if (dice.chance(0.5)) return { ...mix, world: plainWorld };
  const isContested = dice.chance(0.35);
  const world: World = {
    isReplacing: dice.chance(0.45),
    bucket: dice.chance(0.35) ? { limit: dice.between(5, 30), seconds: dice.pick([1, 10, 30]) } : undefined,
    hasSessions: dice.chance(0.4),
    renews: dice.chance(0.6),
    hasEtags: dice.chance(0.3),
    clashes: dice.chance(0.25) ? dice.random() / 4 : 0,
    isContested,
    policy: isContested ? dice.pick<Policy>(['mine', 'theirs', 'value', 'ask', 'throws', 'mixed']) : undefined,
    hasSecondThoughts: dice.chance(0.5),
  };
  const actions: Partial<Record<Action, number>> = {
    ...(world.hasSessions ? { expire: 2, resume: 2 } : {}),
    ...(world.bucket || world.hasSessions ? { burst: 1 } : {}),
    ...(world.isContested ? { 'their-edit': 4 } : {}),
    ...(world.hasSecondThoughts ? { discard: 2, undo: 2, retry: 2 } : {}),
  };
  const options: LeadboxOptions = {
    ...(world.isReplacing && dice.chance(0.25) ? { sections: 'replace' } : {}),
    ...(isContested || dice.chance(0.15) ? { checkBeforeSend: dice.chance(0.8) } : {}),
  };
  return { ...mix, world, actions: { ...mix.actions, ...actions }, options: { ...mix.options, ...options } };
}

/** What the app says about a conflict. Whatever a function gives or throws, no edit may be lost. */
export function decision(policy: Policy, dice: Dice, { mine, theirs }: Conflict): Resolution {
  const chosen = policy === 'mixed' ? dice.pick<Policy>(['mine', 'theirs', 'value', 'ask', 'throws']) : policy;
  if (chosen === 'throws') throw new Error('The app cannot decide.');
  return chosen === 'value' ? { value: { both: [mine ?? null, theirs ?? null] } } : (chosen as Resolution); // none is left
}
