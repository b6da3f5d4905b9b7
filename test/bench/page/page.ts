import type { Durability } from '../contenders/contender.ts';
import { type ContenderName, contenders } from '../contenders/contenders.ts';
import type { Size } from '../rows/row.ts';
import { rows } from '../rows/rows.ts';
import { fill, leadsOf, stored } from './fill.ts';

/** One round of one contender. */
export interface Turn {
  readonly row: string;
  readonly contender: ContenderName;
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
  readonly stored: string;
}

/** What the bench calls in the page. */
export interface BenchPage {
  fill(database: string, size: Size): Promise<void>;
  play(turn: Turn): Promise<Outcome>;
  /** Opens a database and observes its first lead from now on. */
  hold(contender: ContenderName, database: string): Promise<void>;
  drop(database: string): Promise<void>;
}

const longTasks: PerformanceEntry[] = [];
const observer = new PerformanceObserver((list) => longTasks.push(...list.getEntries()));
observer.observe({ type: 'longtask' });
/** A task of its own from here on. */
const nextTask = (wait = 0) => new Promise((resolve) => setTimeout(resolve, wait));

const held: unknown[] = [];

const bench: BenchPage = {
  fill,
  async play({ row: name, contender, durability, size, number, database }) {
    const row = rows[name];
    if (!row) throw new Error(`There is no row ${name}.`);
    const { open } = await contenders[contender]();
    let [from, to] = [0, 0];
    const times = await row.run({
      ...{ number, size },
      open: () => open(database, { durability, inFlight: row.inFlight ?? 1 }),
      leads: leadsOf,
      async timed(work) {
        await nextTask();
        from = performance.now();
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
  async hold(contender, database) {
    const { open } = await contenders[contender]();
    const opened = await open(database, { durability: 'strict', inFlight: 1 });
    const [lead] = leadsOf(1);
    await new Promise((resolve) => held.push(opened, opened.observe(lead?.id ?? '', resolve)));
    await nextTask(500);
  },
  drop: (database) =>
    new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(database);
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error);
    }),
};
Object.assign(window, { bench });
