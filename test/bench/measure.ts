import type { Durability, Facts } from './contenders/contender.ts';
import { type Measured, shown, spread } from './figures.ts';
import type { BenchPage, Outcome, Turn } from './page/bench-page.ts';
import { leadsOf } from './page/fill.ts';
import type { Place } from './place.ts';
import { all, type Row, type Size, size } from './rows/row.ts';

/** What one row came to at one durability and size. */
export interface Result {
  readonly durability: Durability;
  readonly size: Size;
  readonly measured: ReadonlyMap<string, Measured>;
  /** Of each round what every contender stored in the end, and what the server got from it. */
  readonly facts: readonly ReadonlyMap<string, Facts>[];
}

/** Plays a row: in each round every contender at every size, in an order that moves on from round to round. */
export async function benchRow(name: string, row: Row, place: Place): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const durability of row.durabilities) {
    const runs = row.sizes.flatMap((at) =>
      contendersAt(row, durability).map((contender) => ({
        ...{
          at,
          contender,
          database: `${name}-${contender}-${at.leads}-${at.pending}-${at.editedLeads}-${durability}`,
        },
        outcomes: [] as Outcome[],
        facts: [] as Facts[],
      })),
    );
    await open(place);
    if (!row.isFresh)
      for (const { at, contender, database } of runs) await call(place, 'fill', contender, database, at);
    for (let number = row.isLong ? 1 : 0; number <= row.rounds; number += 1) {
      for (const shift of runs.keys()) {
        const { at, contender, database, outcomes, facts } = runs[(number + shift) % runs.length] as (typeof runs)[0];
        if (row.isFresh) await call(place, 'fill', contender, database, at);
        if (row.isReloaded) await open(place);
        place.server.reset(row.inFlight ? leadsOf(at.editedLeads) : []);
        const turn: Turn = { row: name, contender, durability, size: at, number, database };
        if (row.isFromLoad) await open(place, turn);
        const outcome = await (row.isFromLoad
          ? place.browser.evaluate<Outcome>('bench.played')
          : call(place, 'play', turn));
        if (row.isFresh) await call(place, 'drop', contender, database);
        if (!number) continue; // it warmed up
        outcomes.push(outcome);
        facts.push({ ...outcome.stored, ...place.server.seen() });
      }
    }
    if (!row.isFresh) for (const { contender, database } of runs) await call(place, 'drop', contender, database);
    for (const at of row.sizes) {
      const own = runs.filter((run) => run.at === at);
      results.push({
        ...{ durability, size: at, measured: new Map(own.map((run) => [run.contender, measuredOf(run.outcomes)])) },
        facts: Array.from(
          { length: row.rounds },
          (_, round) => new Map(own.map(({ contender, facts }) => [contender, facts[round] ?? {}])),
        ),
      });
    }
  }
  return results;
}

/** Who can play a row at a durability. */
function contendersAt({ contenders, relaxedOnly }: Row, durability: Durability): readonly string[] {
  return contenders.filter((name) => durability === 'relaxed' || !relaxedOnly?.includes(name));
}

function measuredOf(outcomes: readonly Outcome[]): Measured {
  return {
    rounds: outcomes.map(({ times }) => times),
    longestTask: Math.max(...outcomes.map(({ longestTask }) => longestTask)),
  };
}

/** MB over a page that holds nothing but the bench, with 10,000 leads in the database and one of them observed. */
export async function measureHeap(place: Place): Promise<string> {
  const database = 'heap';
  await open(place);
  await call(place, 'fill', 'raw', database, size(10_000));
  const lines: string[] = [];
  for (const contender of all) {
    const sizes: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      await open(place);
      const empty = await place.browser.heap();
      await call(place, 'hold', contender, database);
      sizes.push(((await place.browser.heap()) - empty) / 1e6);
    }
    lines.push(`| heap, 10,000 leads, one observed | – | ${contender} | ${shown(spread(sizes))} MB | | | |`);
  }
  return lines.join('\n');
}

/** Loads the page, to play this turn at once if one is given. */
async function open({ browser, server }: Place, turn?: Turn): Promise<void> {
  const url = turn ? `${server.origin}/#${encodeURIComponent(JSON.stringify(turn))}` : server.origin;
  await browser.load(url, `!!window.bench && location.origin === '${server.origin}'`);
}

function call<M extends Exclude<keyof BenchPage, 'played'>>(
  { browser }: Place,
  method: M,
  ...args: Parameters<BenchPage[M]>
): ReturnType<BenchPage[M]> {
  const given = args.map((arg) => JSON.stringify(arg)).join(', ');
  return browser.evaluate(`bench.${method}(${given})`) as ReturnType<BenchPage[M]>; // what the page's method gives
}
