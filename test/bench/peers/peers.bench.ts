import { afterAll, beforeAll, expect, it } from 'vitest';
import { benchRow } from '../measure.ts';
import { isWanted, openPlace, type Place } from '../place.ts';
import { table } from '../table.ts';
import { isFolding, limitOf } from './limits.ts';
import { contenders, rows } from './rows.ts';

let place: Place;

beforeAll(async () => {
  place = await openPlace('peers/page.ts');
}, 60_000);

afterAll(() => place.close(), 60_000);

it.each(Object.entries(rows).filter(([name]) => isWanted(name)))(
  '%s',
  async (name, row) => {
    const results = await benchRow(name, row, place);
    console.log(table(row, results, { of: contenders, says: (...at) => limitOf(name, ...at) }));
    // No time is asserted; but a peer must agree with raw on everything that both know.
    for (const { size, facts } of results) {
      for (const round of facts) {
        const { requests, ...known } = round.get('raw') ?? {};
        for (const [contender, told] of round) {
          const expected = row.inFlight && !isFolding(contender) ? size.pending : requests;
          expect({ requests: expected, ...known }, contender).toMatchObject(told);
        }
      }
    }
  },
  300_000,
);
