import { describe, expect, test } from 'vitest';
import { type Arrival, type Kept, type MadeEdit, verdict } from './verdict.ts';

const made: readonly MadeEdit[] = [1, 2, 3].map((seq) => ({ leadId: 'a', mark: `m${seq}`, seq }));
const arrival = (...marks: string[]): Arrival => ({ leadId: 'a', last: marks.at(-1) ?? '', marks });
const kept = (pending: readonly MadeEdit[], parked: readonly MadeEdit[] = []): Kept => ({
  ...{ pending, parked },
  shown: [{ ...arrival('m1', 'm2', 'm3') }],
});
const fine = { lost: [], unseen: [], outOfOrder: [] };

describe('the verdict after a crash', () => {
  test('is good where each edit is on the server, pending or parked', () => {
    expect(verdict(made, kept(made.slice(2), made.slice(1, 2)), [arrival('m1')])).toEqual({
      ...{ ...fine, onServer: 1, pending: 1, parked: 1 },
    });
    expect(verdict(made, kept([]), [arrival('m1', 'm2'), arrival('m3')])).toMatchObject({ ...fine, onServer: 3 });
  });

  test('allows a request that arrives twice, and edits of which nobody heard', () => {
    const twice = [arrival('m1'), { ...arrival(), last: 'm1' }, arrival('m2', 'm3')];
    expect(verdict(made, kept([]), twice)).toMatchObject(fine);
    expect(verdict(made, kept([]), [arrival('m1', 'm2', 'm3'), arrival('unheard of')])).toMatchObject(fine);
  });

  test('finds an edit that is nowhere', () => {
    expect(verdict(made, kept(made.slice(2)), [arrival('m1')])).toMatchObject({ lost: [{ mark: 'm2' }] });
  });

  test('finds a pending edit that is not shown', () => {
    const { pending, parked } = kept(made);
    expect(verdict(made, { pending, parked, shown: [arrival('m1', 'm3')] }, [])).toMatchObject({
      unseen: [{ mark: 'm2' }],
    });
  });

  test('finds an edit that arrived after a later one of its lead', () => {
    const { outOfOrder } = verdict(made, kept([]), [arrival('m1', 'm3'), { ...arrival('m2'), last: 'm3' }]);
    expect(outOfOrder).toEqual(['m2 (2) arrived after a later edit (3)']);
  });

  test('finds an older value that came back', () => {
    const again = [arrival('m1'), arrival('m2'), arrival('m3'), { ...arrival(), last: 'm1' }];
    expect(verdict(made, kept([]), again).outOfOrder).toEqual(['m1 (1) came back over a later edit (3)']);
  });

  test('finds a place in the outbox that was given twice', () => {
    const again = { leadId: 'b', mark: 'm4', seq: 3 };
    expect(verdict([...made, again], kept([]), [arrival('m1', 'm2', 'm3')]).outOfOrder).toEqual([
      '3 is the place of m3 and of m4',
    ]);
  });
});
