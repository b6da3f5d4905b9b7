import { createSeededRandom } from '../../src/testing/seeded-random.ts';

/** What is left to chance in a life: every choice is drawn from one seed, each purpose from a stream of its own. */
export interface Dice {
  /** In [0, 1). */
  readonly random: () => number;
  chance(share: number): boolean;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick<T>(choices: readonly T[]): T;
  /** A key of `weights`, as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Partial<Record<K, number>>>): K;
  /** Milliseconds with a heavy tail: mostly a few, rarely a minute. */
  delay(): number;
}

/** Milliseconds. */
export const longestDelay = 60_000;

export function createDice(seed: number, stream: number): Dice {
  const random = createSeededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b));
  const between = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  return {
    random,
    chance: (share) => random() < share,
    between,
    pick: <T>(choices: readonly T[]) => choices[between(0, choices.length - 1)] as T, // no list is empty
    weighted<K extends string>(weights: Readonly<Partial<Record<K, number>>>) {
      const entries = Object.entries(weights) as [K, number][]; // K are its keys
      let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [key, weight] of entries) {
        left -= weight;
        if (left < 0) return key;
      }
      return (entries.at(-1) as [K, number])[0]; // rounding only: no weights are empty
    },
    delay: () => Math.min(longestDelay, Math.round(5 * (1 - random()) ** -1.6)),
  };
}
