import type { Dice } from './dice.ts';
import { ownPlatform, runTasks } from './own-platform.ts';

/** Whose task it is: a tab; while it is frozen none of its tasks run. */
export interface Owner {
  readonly label: string;
  readonly isFrozen: boolean;
}

export interface Timer {
  readonly due: number;
  cancel(): void;
}

interface OwnedTimer extends Timer {
  isOver: boolean;
  readonly lane: Lane;
  readonly run: () => void;
}

/** The tasks of one owner from one source, in order, as the tasks of one source are on a platform. */
interface Lane {
  readonly name: string;
  readonly owner: Owner | undefined;
  readonly weight: number;
  readonly tasks: (() => void)[];
}

/** None given: what can run now does. */
export interface RunLimits {
  readonly tasks?: number;
  /** Time may go by up to this moment. */
  readonly until?: number;
  /** Asked before each task. */
  readonly isDone?: () => boolean;
  /** Asked where nothing can run. */
  readonly isOver?: () => boolean;
}

/**
 * Owns every task and the time: which of the tasks that can run does run is drawn from the seed, time goes by where
 * nothing can run, and now and then all the same.
 */
export interface Scheduler {
  /** Milliseconds since the life began. */
  readonly elapsed: number;
  /** Steps so far. */
  readonly steps: number;
  readonly trace: string[];
  /** Told where nothing can run before time goes by. */
  readonly idle: Set<() => void>;
  post(owner: Owner | undefined, source: string, run: () => void): void;
  after(owner: Owner | undefined, source: string, milliseconds: number, run: () => void): Timer;
  /** Runs it now, as a task of its owner, and what follows from it without another task. */
  perform(owner: Owner | undefined, run: () => void): Promise<void>;
  /** Runs it inside the present task, but what it schedules belongs to another. */
  as(owner: Owner | undefined, run: () => void): void;
  /** Whose task runs now. */
  current(): Owner | undefined;
  /** Runs up to so many tasks, and lets time go by up to that moment where none can run. */
  run(limits: RunLimits): Promise<void>;
  timersOf(owner: Owner, source: string): number;
  /** Its timers never fire. */
  forget(owner: Owner): void;
  /** Nothing runs any more. */
  stop(): void;
  end(): void;
}

/** How long a device may stand still with something to do, in milliseconds. */
const longestStall = 7_000;

export function createScheduler(dice: Dice, onUncaught: (owner: Owner | undefined, error: unknown) => void): Scheduler {
  const lanes: Lane[] = [];
  const timers = new Set<OwnedTimer>();
  const trace: string[] = [];
  const idle = new Set<() => void>();
  let current: Owner | undefined;
  let isRunning = false;
  let isStopped = false;
  let elapsed = 0;
  let steps = 0;
  let nextDue = Number.POSITIVE_INFINITY;

  const laneOf = (owner: Owner | undefined, source: string): Lane => {
    const name = `${owner?.label ?? '-'}.${source}`;
    let lane = lanes.find((other) => other.owner === owner && other.name === name);
    if (!lane) {
      // Some sources are slow in one life and quick in another.
      lane = { name, owner, weight: 0.05 + dice.random() ** 2, tasks: [] };
      lanes.push(lane);
    }
    return lane;
  };

  const moveTo = (time: number) => {
    elapsed = Math.max(elapsed, time);
    if (elapsed < nextDue) return;
    const due = [...timers].filter((timer) => timer.due <= elapsed).sort((a, b) => a.due - b.due);
    for (const timer of due) {
      timers.delete(timer);
      timer.lane.tasks.push(() => {
        if (!timer.isOver) timer.run();
        timer.isOver = true;
      });
    }
    nextDue = Math.min(...[...timers].map((timer) => timer.due));
  };

  const runnable = (): Lane | undefined => {
    let total = 0;
    for (const { tasks, owner, weight } of lanes) if (tasks.length && !owner?.isFrozen) total += weight;
    if (!total) return undefined;
    let left = dice.random() * total;
    let last: Lane | undefined;
    for (const lane of lanes) {
      if (!lane.tasks.length || lane.owner?.isFrozen) continue;
      last = lane;
      left -= lane.weight;
      if (left < 0) break;
    }
    return last;
  };

  const begin = (owner: Owner | undefined, run: () => void) => {
    steps++;
    current = owner;
    isRunning = true;
    try {
      run();
    } catch (error) {
      onUncaught(owner, error);
    }
  };
  const end = () => {
    isRunning = false;
    current = undefined;
  };

  const scheduler: Scheduler = {
    get elapsed() {
      return elapsed;
    },
    get steps() {
      return steps;
    },
    ...{ trace, idle, current: () => current },
    post: (owner, source, run) => void laneOf(owner, source).tasks.push(run),
    after(owner, source, milliseconds, run) {
      const due = elapsed + Math.max(0, milliseconds);
      const timer: OwnedTimer = {
        ...{ due, isOver: false, lane: laneOf(owner, source), run },
        cancel() {
          timer.isOver = true;
          timers.delete(timer);
        },
      };
      timers.add(timer);
      nextDue = Math.min(nextDue, due);
      return timer;
    },
    perform(owner, run) {
      let isBegun = false;
      return runTasks(() => {
        if (isBegun) end();
        const task = isBegun ? undefined : () => begin(owner, run);
        isBegun = true;
        return task;
      });
    },
    as(owner, run) {
      const before = current;
      current = owner;
      try {
        run();
      } finally {
        current = before;
      }
    },
    run({ tasks = Number.POSITIVE_INFINITY, until = elapsed, isDone = never, isOver = never }) {
      let done = 0;
      return runTasks(() => {
        end();
        while (done < tasks && !isStopped && !isDone()) {
          moveTo(dice.chance(0.005) ? elapsed + Math.min(longestStall, dice.delay()) : elapsed);
          const lane = runnable();
          if (lane) {
            done++;
            trace.push(lane.name);
            return () => begin(lane.owner, lane.tasks.shift() as () => void); // a lane without tasks is not runnable
          }
          for (const told of idle) told();
          if (isOver() || elapsed >= until) return undefined;
          moveTo(Math.min(nextDue, until));
        }
        return undefined;
      });
    },
    timersOf: (owner, source) => [...timers].filter(({ lane }) => lane === laneOf(owner, source)).length,
    forget(owner) {
      for (const timer of timers) if (timer.lane.owner === owner) timer.cancel();
    },
    stop() {
      isStopped = true;
    },
    end: () => endPlatform(),
  };
  const endPlatform = ownPlatform({
    isRunning: () => isRunning,
    post: (run) => scheduler.post(current, 'storage', run),
  });
  return scheduler;
}

const never = () => false;
