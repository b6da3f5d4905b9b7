import './own-platform.ts';
import { expect, it } from 'vitest';
import { failure } from './failure.ts';
import type { Mix } from './mix.ts';
import { simulate } from './simulate.ts';
import * as library from './the-library.ts';
import { plainWorld } from './world.ts';

const seeds = Array.from({ length: 12 }, (_, index) => index + 1);

// Edits by one hand, in an order of their own; the network does what it likes.
const orderly: Partial<Mix> = {
  world: plainWorld,
  ...{
    isOrderly: true,
    tabs: 1,
    leads: 3,
    steps: 30,
    storage: { NotReadableError: 1 },
    haste: 20,
    hasWorker: false,
    departs: false,
  },
  actions: { set: 6, nest: 3, clear: 2, section: 2, 'clear-section': 1, several: 2, wait: 6, weather: 1, sync: 1 },
};

const replacing: Partial<Mix> = { world: { ...plainWorld, isReplacing: true } };

it.each(seeds)('R13 R16 folding comes to what one request per edit comes to (seed %i)', async (seed) => {
  expect(await end(seed, { options: { coalesce: true } })).toEqual(await end(seed, { options: { coalesce: false } }));
});

it.each(seeds)('R14 R39 three tabs come to what one tab comes to (seed %i)', async (seed) => {
  expect(await end(seed, { tabs: 3 })).toEqual(await end(seed, { tabs: 1 }));
});

it.each(seeds)(
  'R30 R31 so it is where sections are replaced, and where leads are looked at first (seed %i)',
  async (seed) => {
    const folded = await end(seed, { ...replacing, options: {} });
    for (const options of [{ coalesce: false }, { checkBeforeSend: true }, { sections: 'replace' }] as const)
      expect(await end(seed, { ...replacing, options })).toEqual(folded);
    expect(await end(seed, { ...replacing, options: {}, tabs: 3 })).toEqual(folded);
  },
  60_000,
);

/** What the server has at the end, without the times of its changes. */
async function end(seed: number, change: Partial<Mix>) {
  const life = await simulate(seed, library, { ...orderly, ...change });
  expect(failure(life)).toBeUndefined();
  expect(life.device.ledger.edits.length).toBeGreaterThan(5);
  return life.device.server.leads().map(({ updated_at, ...lead }) => lead);
}
