import { afterAll, beforeAll, expect, it } from 'vitest';
import { benchRow, measureHeap } from './measure.ts';
import { isWanted, openPlace, type Place } from './place.ts';
import { rows } from './rows/rows.ts';
import { table } from './table.ts';

let place: Place;

beforeAll(async () => {
  place = await openPlace('page/page.ts');
}, 60_000);

afterAll(() => place.close(), 60_000);

it.each(Object.entries(rows).filter(([name]) => isWanted(name)))(
  '%s',
  async (name, row) => {
    const results = await benchRow(name, row, place);
    console.log(table(row, results));
    // No time is asserted; but whoever stored or sent less has not done the same work.
    for (const [first, ...others] of results.flatMap(({ facts }) => facts.map((round) => [...round.values()]))) {
      for (const other of others) expect(other).toEqual(first);
    }
  },
  300_000,
);

it.runIf(isWanted('heap'))(
  'heap',
  async () => {
    console.log(await measureHeap(place));
  },
  300_000,
);
