import { all, both, type Row, size } from './row.ts';

/** Ten thousand leads of 1 kB into an empty database; the library checks each, the others take what they get. */
export const load: Row = {
  name: 'load 10,000 leads',
  ...{ rounds: 3, durabilities: both, contenders: all, sizes: [size(0)], isFresh: true },
  async run(round) {
    const leads = round.leads(10_000);
    const opened = await round.open();
    await opened.count();
    const took = await round.timed(() => opened.load(leads));
    await opened.close();
    return [took];
  },
};
