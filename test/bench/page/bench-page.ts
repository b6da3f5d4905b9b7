import type { Contenders, Durability, Facts } from '../contenders/contender.ts';
import type { Rows, Size } from '../rows/row.ts';
import { leadsOf, tables as ownTables } from './fill.ts';

/** One round of one contender. */
export interface Turn {
  readonly row: string;
  readonly contender: string;
  readonly durability: Durability;
  readonly size: Size;
  readonly number: number;
  readonly database: string;
}

export interface Outcome {
  readonly times: readonly number[];
  /** The longest task of the page in the measured part; 0 if none took 50 ms. */
  readonly longestTask: number;
  /** What is stored in the end. */
  readonly stored: Facts;
}

/** What the bench calls in the page. */
export interface BenchPage {
  fill(contender: string, database: string, size: Size): Promise<void>;
  play(turn: Turn): Promise<Outcome>;
  /** What the page played as it loaded: the turn that its address names. */
  readonly played: Promise<Outcome> | undefined;
  /** Opens a database and observes its first lead from now on. */
  hold(contender: string, database: string): Promise<void>;
  drop(contender: string, database: string): Promise<void>;
}

/** Makes the page ready for a bench of these. */
export function serveBench(contenders: Contenders, rows: Rows): void {
  const longTasks: PerformanceEntry[] = [];
  const observer = new PerformanceObserver((list) => longTasks.push(...list.getEntries()));
  observer.observe({ type: 'longtask' });
  /** A task of its own from here on. */
  const nextTask = (wait = 0) => new Promise((resolve) => setTimeout(resolve, wait));

  const held: unknown[] = [];

  const find = async (contender: string) => {
    const { open, tables = ownTables } = (await contenders[contender]?.()) ?? {};
    if (!open) throw new Error(`There is no contender ${contender}.`);
    return { open, ...tables };
  };

  const bench = {
    fill: async (contender: string, database: string, size: Size) => (await find(contender)).fill(database, size),
    async play({ row: name, contender, durability, size, number, database }: Turn): Promise<Outcome> {
      const row = rows[name];
      if (!row) throw new Error(`There is no row ${name}.`);
      const { open, stored } = await find(contender);
      let [from, to] = [0, 0];
      const times = await row.run({
        ...{ number, size },
        open: () => open(database, { durability, inFlight: row.inFlight ?? 1 }),
        leads: leadsOf,
        async timed(work) {
          if (!row.isFromLoad) {
            await nextTask();
            from = performance.now();
          }
          await work();
          to = performance.now();
          return to - from;
        },
      });
      await nextTask();
      longTasks.push(...observer.takeRecords());
      const within = longTasks
        .splice(0)
        .filter(({ startTime, duration }) => startTime + duration > from && startTime < to);
      const longestTask = Math.max(0, ...within.map(({ duration }) => duration));
      return { times, longestTask, stored: await stored(database) };
    },
    async hold(contender: string, database: string) {
      const { open } = await find(contender);
      const opened = await open(database, { durability: 'strict', inFlight: 1 });
      const [lead] = leadsOf(1);
      await new Promise((resolve) => held.push(opened, opened.observe(lead?.id ?? '', resolve)));
      await nextTask(500);
    },
    drop: async (contender: string, database: string) => (await find(contender)).drop(database),
  };
  const turn = decodeURIComponent(location.hash.slice(1));
  const page: BenchPage = { ...bench, played: turn ? bench.play(JSON.parse(turn) as Turn) : undefined };
  Object.assign(window, { bench: page });
}
