import '../own-platform.ts';
import { expect, it } from 'vitest';
import type { Library } from '../library.ts';
import { simulate } from '../simulate.ts';
import * as intact from '../the-library.ts';
import { libraryWithBug } from './library-with-bug.ts';
import type { PlantedBug } from './planted-bug.ts';

const most = 200;

/** Tests that the simulation finds each of these bugs. */
export function findsBugs(bugs: readonly PlantedBug[]): void {
  it.each(bugs)(
    'finds within 200 seeds a library that $name',
    async (bug) => {
      const found = await search(await libraryWithBug(bug), bug.mix);
      expect(found).toMatchObject({ invariant: expect.toSatisfy((number) => bug.caughtBy.includes(number)) });
      // In the same life nothing is wrong with the library as it is.
      expect((await simulate(found?.seed ?? 0, intact, bug.mix)).broken).toBeUndefined();
      if (process.env.VERBOSE) process.stdout.write(`${bug.name}: ${JSON.stringify(found)}\n`);
    },
    120_000,
  );
}

async function search(library: Library, mix: PlantedBug['mix']) {
  for (let seed = 1; seed <= most; seed++) {
    const { broken } = await simulate(seed, library, mix);
    // What one planted bug does to all objects must not reach the next life.
    for (const name of Object.keys(Object.prototype)) Reflect.deleteProperty(Object.prototype, name);
    if (broken) return { seed, ...broken };
  }
  return undefined;
}
