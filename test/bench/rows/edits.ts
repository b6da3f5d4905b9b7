import type { Lead } from '../../../src/model/lead.ts';
import { all, both, type Round, type Row, size } from './row.ts';

const edits = 100;
/** So many that the 99th percentile is not that of a page that has just begun. */
const observedEdits = 500;

/** One edit after the other, each until it is durable. Ten leads take turns and have their bases before it counts. */
async function oneByOne(round: Round): Promise<readonly number[]> {
  const opened = await round.open();
  const leads = round.leads(10);
  const edit = (lead: Lead | undefined, n: number) =>
    opened.edit({ id: lead?.id ?? '', fields: { score: 1_000 * (round.number + 1) + n } });
  for (const [n, lead] of leads.entries()) await edit(lead, -1 - n);
  const times: number[] = [];
  await round.timed(async () => {
    for (let n = 0; n < edits; n += 1) {
      const start = performance.now();
      await edit(leads[n % leads.length], n);
      times.push(performance.now() - start);
    }
  });
  await opened.close();
  return times;
}

export const oneEdit: Row = {
  name: 'one edit until durable',
  ...{ rounds: 7, durabilities: both, contenders: all, sizes: [size(1_000)], isFresh: true, run: oneByOne },
};

export const editGrowth: Row = {
  ...oneEdit,
  name: 'one edit in a large database',
  ...{ rounds: 5, contenders: ['raw', 'leadbox'], durabilities: ['strict'], isFresh: false },
  sizes: [size(1_000), size(100_000), size(1_000, 10_000, 1_000)],
};

/** A thousand edits of a thousand leads, until the last is durable. */
export const thousandEdits: Row = {
  name: '1,000 edits at once',
  ...{ rounds: 9, durabilities: both, contenders: all, sizes: [size(1_000)], isFresh: true },
  async run(round) {
    const opened = await round.open();
    const leads = round.leads(1_000);
    const took = await round.timed(() =>
      opened.editAll(leads.map(({ id }, n) => ({ id, fields: { score: 1_000 + n } }))),
    );
    await opened.close();
    return [took];
  },
};

/** From the call to the observer of the same tab. */
export const observed: Row = {
  name: 'edit to observer, same tab',
  ...{ rounds: 3, durabilities: both, contenders: all, sizes: [size(1_000)], isFresh: true },
  async run(round) {
    const opened = await round.open();
    const { id } = round.leads(1)[0] as Lead; // one was asked for
    let seen = (_lead: Lead) => {};
    const first = new Promise((resolve) => {
      seen = resolve;
    });
    const stop = opened.observe(id, (lead) => seen(lead));
    await first;
    const times: number[] = [];
    await round.timed(async () => {
      for (let n = 0; n < observedEdits; n += 1) {
        const score = 1_000 + n;
        let start = 0;
        const shown = new Promise<void>((resolve) => {
          seen = (lead) => {
            if (lead.properties?.score !== score) return;
            times.push(performance.now() - start);
            resolve();
          };
        });
        start = performance.now();
        await Promise.all([opened.edit({ id, fields: { score } }), shown]);
      }
    });
    stop();
    await opened.close();
    return times;
  },
};
