import { Dexie, type Table } from 'dexie';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { describe, expect, it } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../../src/testing.ts';

/** Starts a timer that logs its label and the clock's time when it runs. */
function logger(clock: VirtualClock) {
  const start = clock.now();
  const log: string[] = [];
  const note = (label: string) => log.push(`${label}@${clock.now() - start}`);
  return { log, note, timer: (label: string, delay: number) => clock.setTimeout(() => note(label), delay) };
}

describe('advance', () => {
  it('runs timers in the order of due times, then of creation, each at its own time', async () => {
    const clock = createVirtualClock({ now: 5_000 });
    const { log, timer } = logger(clock);
    timer('c', 20);
    timer('a', 10);
    timer('b', 10);
    timer('never', 31);
    await clock.advance(30);
    expect(log).toEqual(['a@10', 'b@10', 'c@20']);
    expect([clock.now(), clock.pending]).toEqual([5_030, 1]);
  });

  it('runs the timers that timers start, and leaves out cleared ones', async () => {
    const clock = createVirtualClock();
    const { log, note, timer } = logger(clock);
    const doomed = timer('cleared', 15);
    clock.setTimeout(() => {
      note('first');
      clock.clearTimeout(doomed);
      timer('second', 5);
      timer('same time', 0);
      timer('later', 100);
    }, 10);
    await clock.advance(30);
    expect(log).toEqual(['first@10', 'same time@10', 'second@15']);
  });

  it('lets promises and what they start come to rest before the next timer', async () => {
    const clock = createVirtualClock();
    const { log, note, timer } = logger(clock);
    clock.setTimeout(async () => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      for (let hop = 0; hop < 30; hop += 1) await new Promise((resolve) => setImmediate(resolve));
      note('settled');
      timer('follow-up', 5);
    }, 10);
    timer('next', 20);
    await clock.advance(20);
    expect(log).toEqual(['settled@10', 'follow-up@15', 'next@20']);
  });

  it('lets transactions of an IndexedDB in memory come to rest before the next timer', async () => {
    const clock = createVirtualClock();
    const { log, note, timer } = logger(clock);
    const db = new Dexie('clock', { indexedDB: new IDBFactory(), IDBKeyRange }) as Dexie & { rows: Table };
    db.version(1).stores({ rows: '++id' });
    clock.setTimeout(async () => {
      for (let round = 0; round < 3; round += 1) {
        await db.transaction('rw', db.rows, async () => {
          await db.rows.add({ round });
          await db.rows.toArray();
        });
      }
      note(`rows: ${await db.rows.count()}`);
    }, 10);
    timer('next', 20);
    await clock.advance(20);
    expect(log).toEqual(['rows: 3@10', 'next@20']);
    db.close();
  });

  it('settles as it is told, before the first timer and after each', async () => {
    const log: string[] = [];
    const clock = createVirtualClock({ settle: async () => void log.push('settle') });
    clock.setTimeout(() => log.push('timer'), 10);
    await clock.advance(10);
    expect(log).toEqual(['settle', 'timer', 'settle']);
  });

  it('waits for its turn', async () => {
    const clock = createVirtualClock();
    const { log, timer } = logger(clock);
    timer('a', 10);
    timer('b', 15);
    await Promise.all([clock.advance(10), clock.advance(10)]);
    expect(log).toEqual(['a@10', 'b@15']);
    expect(clock.now()).toBe(createVirtualClock().now() + 20);
  });

  it('rejects with what a timer throws, and goes on from there', async () => {
    const clock = createVirtualClock({ now: 0 });
    const { log, timer } = logger(clock);
    clock.setTimeout(() => {
      throw new Error('in a timer');
    }, 10);
    timer('after', 20);
    await expect(clock.advance(30)).rejects.toThrow('in a timer');
    expect(clock.now()).toBe(10);
    await clock.advance(20);
    expect(log).toEqual(['after@20']);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d milliseconds', async (milliseconds) => {
    const advance = createVirtualClock().advance(milliseconds);
    await expect(advance).rejects.toMatchObject({ code: 'invalid-option' });
  });

  it('gives up on timers that start themselves anew without time going by', async () => {
    const clock = createVirtualClock({ settle: async () => {} });
    const again = () => void clock.setTimeout(again, 0);
    again();
    await expect(clock.advance(1)).rejects.toMatchObject({ code: 'invalid-option' });
  });

  it('goes on for as many timers as time allows', async () => {
    const clock = createVirtualClock({ settle: async () => {} });
    let runs = 0;
    const again = () => {
      runs += 1;
      clock.setTimeout(again, 1);
    };
    again();
    await clock.advance(20_000);
    expect(runs).toBe(20_001);
  });
});

describe('timers', () => {
  it('fire at once with a delay that a browser cannot hold, is negative or no number', async () => {
    const clock = createVirtualClock();
    const { log, timer } = logger(clock);
    timer('too long', 2 ** 31);
    timer('negative', -5);
    timer('no number', Number.NaN);
    timer('longest', 2 ** 31 - 1);
    await clock.advance(0);
    expect(log).toEqual(['too long@0', 'negative@0', 'no number@0']);
    expect(clock.pending).toBe(1);
  });

  it('never run without advance', async () => {
    const clock = createVirtualClock();
    const { log, timer } = logger(clock);
    timer('waiting', 0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(log).toEqual([]);
  });

  it('can be cleared twice, or when there is none', () => {
    const clock = createVirtualClock();
    const timer = clock.setTimeout(() => {}, 1);
    for (const id of [timer, timer, undefined]) clock.clearTimeout(id);
    expect(clock.pending).toBe(0);
  });
});

describe('set', () => {
  it.each([0, 9_000_000])('moves the wall clock to %d and leaves timers the time they have left', async (now) => {
    const clock = createVirtualClock({ now: 5_000 });
    let ranAt: number | undefined;
    clock.setTimeout(() => {
      ranAt = clock.now();
    }, 100);
    await clock.advance(40);
    clock.set(now);
    expect([clock.now(), ranAt]).toEqual([now, undefined]);
    await clock.advance(59);
    expect(ranAt).toBeUndefined();
    await clock.advance(1);
    expect(ranAt).toBe(now + 60);
  });
});
