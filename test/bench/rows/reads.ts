import type { Lead } from '../../../src/model/lead.ts';
import { all, type Row, size } from './row.ts';

/** From nothing but a loaded script to the first lead with its pending edits and their count. */
export const start: Row = {
  name: 'start to the first lead',
  ...{ rounds: 5, durabilities: ['strict'], contenders: all, isFresh: false, isReloaded: true },
  sizes: [size(10_000, 1_000), size(10_000, 5_000, 1_000), size(100_000, 1_000)],
  async run(round) {
    const { id } = round.leads(1)[0] as Lead; // one was asked for
    let close = async () => {};
    const took = await round.timed(async () => {
      const opened = await round.open();
      close = opened.close;
      const { pending } = await opened.show(id);
      const expected = round.size.pending / (round.size.editedLeads || 1);
      if (pending !== expected) throw new Error(`There are ${pending} pending edits, not ${expected}.`);
    });
    await close();
    return [took];
  },
};

/** The same as a user has it: from asking for the page, its script included. */
export const startOfPage: Row = {
  ...start,
  name: 'start of the page to the first lead',
  ...{ rounds: 9, isReloaded: false, isFromLoad: true },
};

/** How many edits wait. */
export const status: Row = {
  name: 'status in a large database',
  ...{ rounds: 5, durabilities: ['strict'], contenders: ['raw', 'leadbox'], isFresh: false },
  sizes: [size(1_000), size(100_000), size(1_000, 10_000, 1_000)],
  async run(round) {
    const opened = await round.open();
    const times: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const begun = performance.now();
      const pending = await opened.count();
      times.push(performance.now() - begun);
      if (pending !== round.size.pending) throw new Error(`There are ${pending} pending edits.`);
    }
    await opened.close();
    return times;
  },
};

/** What of a lead is unsynced, field by field. */
export const changes: Row = {
  name: 'changes of a lead with 1,000 pending edits of 50 fields',
  ...{ rounds: 5, durabilities: ['relaxed'], contenders: all, sizes: [size(1_000)], isFresh: true },
  async run(round) {
    const { id } = round.leads(1)[0] as Lead; // one was asked for
    const opened = await round.open();
    await opened.editAll(Array.from({ length: 1_000 }, (_, n) => ({ id, fields: { [`field_${n % 50}`]: n } })));
    const times: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const begun = performance.now();
      const fields = await opened.changes(id);
      times.push(performance.now() - begun);
      if (fields !== 50) throw new Error(`There are ${fields} changed fields.`);
    }
    await opened.close();
    return times;
  },
};
