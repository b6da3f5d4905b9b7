import type { Lead } from '../../../src/model/lead.ts';
import { all, both, lastScore, type Round, type Row, size } from './row.ts';

async function drained(round: Round): Promise<readonly number[]> {
  const opened = await round.open();
  await opened.count();
  await opened.connect?.();
  const took = await round.timed(() => opened.drain());
  const { id } = round.leads(1)[0] as Lead; // one was asked for
  const { lead } = await opened.show(id);
  if (lead.properties?.score !== lastScore(round.size)) throw new Error('The edits are not in the lead any more.');
  await opened.close();
  return [took];
}

/** A thousand leads with an edit each, answered by a server on this machine. */
export const drainOne: Row = {
  name: 'drain 1,000 leads, one at a time',
  ...{ rounds: 3, durabilities: both, contenders: all, sizes: [size(1_000, 1_000)] },
  ...{ isFresh: true, isLong: true, inFlight: 1, run: drained },
};

export const drainSix: Row = { ...drainOne, name: 'drain 1,000 leads, six at a time', inFlight: 6 };

/** A hundred edits each on ten leads: ten requests. */
export const drainFolded: Row = {
  ...drainOne,
  name: 'drain 1,000 edits on 10 leads',
  ...{ rounds: 5, isLong: false, contenders: all, sizes: [size(1_000, 1_000, 10)], inFlight: 6 },
};

/** The first requests out of a long queue: a hundred edits that can be sent, or ten thousand of a hundred leads. */
export const drainGrowth: Row = {
  ...drainOne,
  name: 'drain 100 leads in a large database',
  ...{ rounds: 1, contenders: ['raw', 'leadbox'], durabilities: ['strict'], inFlight: 6 },
  sizes: [size(1_000, 100), size(100_000, 100), size(1_000, 10_000, 100)],
};
