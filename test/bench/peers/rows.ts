import type { Lead } from '../../../src/model/lead.ts';
import { drainFolded, drainOne, drainSix } from '../rows/drains.ts';
import { observed, oneEdit, thousandEdits } from '../rows/edits.ts';
import { load } from '../rows/load.ts';
import { start as startAlone } from '../rows/reads.ts';
import { lastScore, type Row, type Rows, size } from '../rows/row.ts';

export const contenders: readonly string[] = ['raw', 'leadbox', 'rxdb', 'tanstack'];
const terms = { contenders, relaxedOnly: ['tanstack'] };

/** As the row of the other bench, except that a peer need not know how many edits wait for one lead. */
const start: Row = {
  ...startAlone,
  ...{ ...terms, rounds: 3, durabilities: ['relaxed'], isLong: true },
  sizes: [size(10_000, 1_000), size(10_000, 5_000, 1_000)],
  async run(round) {
    const { id } = round.leads(1)[0] as Lead; // one was asked for
    let close = async () => {};
    let score: unknown;
    const took = await round.timed(async () => {
      const opened = await round.open();
      close = opened.close;
      const shown = await opened.show(id);
      const expected = round.size.pending / round.size.editedLeads;
      if ((shown.pending ?? expected) !== expected) throw new Error(`There are ${shown.pending} pending edits.`);
      score = shown.lead.properties?.score;
    });
    await close();
    if (score !== lastScore(round.size)) throw new Error('The lead is without its pending edits.');
    return [took];
  },
};

/** By the words that choose them; the workloads of the other bench. */
export const rows: Rows = {
  observe: { ...observed, ...terms },
  edit: { ...oneEdit, ...terms, rounds: 5 },
  burst: { ...thousandEdits, ...terms, rounds: 3 },
  'drain-one': { ...drainOne, ...terms },
  'drain-six': { ...drainSix, ...terms, contenders: contenders.filter((name) => name !== 'tanstack') },
  'drain-folded': { ...drainFolded, ...terms, rounds: 3, isLong: true },
  start,
  load: { ...load, ...terms, isLong: true },
};
