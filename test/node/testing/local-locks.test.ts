import { describe, expect, it } from 'vitest';
import { createLocalLocks } from '../../../src/testing.ts';

describe('a lock', () => {
  it('is given to the callback, whose result is passed through', async () => {
    const locks = createLocalLocks();
    const result = await locks.request('a', async (lock) => [lock?.name, lock?.mode]);
    expect(result).toEqual(['a', 'exclusive']);
    expect(await locks.request('a', { mode: 'shared' }, (lock) => lock?.mode)).toBe('shared');
  });

  it('is granted after the call, never inside it', async () => {
    const log: string[] = [];
    const request = createLocalLocks().request('a', () => log.push('granted'));
    log.push('called');
    await request;
    expect(log).toEqual(['called', 'granted']);
  });

  it('is held until the promise of the callback ends, and others get it in order', async () => {
    const { log, hold } = world();
    const first = hold('a', 'first');
    const second = hold('a', 'second');
    const third = hold('a', 'third');
    const elsewhere = hold('b', 'elsewhere');
    await turns();
    expect(log).toEqual(['first', 'elsewhere']);
    first.release();
    await first.request;
    second.release();
    await second.request;
    third.release();
    elsewhere.release();
    await Promise.all([third.request, elsewhere.request]);
    expect(log).toEqual(['first', 'elsewhere', 'second', 'third']);
  });

  it('is free again after a callback that throws or rejects, and the request rejects with that', async () => {
    const locks = createLocalLocks();
    const thrown = locks.request('a', () => {
      throw new Error('thrown');
    });
    const rejected = locks.request('a', () => Promise.reject(new Error('rejected')));
    await expect(thrown).rejects.toThrow('thrown');
    await expect(rejected).rejects.toThrow('rejected');
    expect(await locks.request('a', { ifAvailable: true }, (lock) => lock !== null)).toBe(true);
  });

  it('is free again when its request resolves', async () => {
    const locks = createLocalLocks();
    await locks.request('a', () => undefined);
    expect(await locks.request('a', { ifAvailable: true }, (lock) => lock !== null)).toBe(true);
  });

  it('of another object is another lock', async () => {
    const { hold } = world();
    const held = hold('a', 'here');
    expect(await createLocalLocks().request('a', { ifAvailable: true }, (lock) => lock !== null)).toBe(true);
    held.release();
  });
});

describe('shared locks', () => {
  it('are held together, wait for an exclusive one ahead of them, and let it wait for all of them', async () => {
    const { log, hold } = world();
    const one = hold('a', 'shared 1', { mode: 'shared' });
    const two = hold('a', 'shared 2', { mode: 'shared' });
    const exclusive = hold('a', 'exclusive');
    const three = hold('a', 'shared 3', { mode: 'shared' });
    await turns();
    expect(log).toEqual(['shared 1', 'shared 2']);
    one.release();
    await one.request;
    await turns();
    expect(log).toHaveLength(2);
    two.release();
    await turns();
    expect(log).toEqual(['shared 1', 'shared 2', 'exclusive']);
    exclusive.release();
    await turns();
    expect(log).toEqual(['shared 1', 'shared 2', 'exclusive', 'shared 3']);
    three.release();
  });
});

describe('ifAvailable', () => {
  it('gives null while the lock is held, and never waits', async () => {
    const { locks, hold } = world();
    const held = hold('a', 'held');
    expect(await locks.request('a', { ifAvailable: true }, (lock) => lock)).toBeNull();
    held.release();
    await held.request;
    expect(await locks.request('a', { ifAvailable: true }, (lock) => lock?.name)).toBe('a');
  });

  it('gives a shared lock beside shared ones, but not past a claim that waits', async () => {
    const { locks, hold } = world();
    const options = { ifAvailable: true, mode: 'shared' } as const;
    const shared = hold('a', 'shared', { mode: 'shared' });
    expect(await locks.request('a', options, (lock) => lock?.mode)).toBe('shared');
    const exclusive = hold('a', 'exclusive');
    expect(await locks.request('a', options, (lock) => lock)).toBeNull();
    shared.release();
    exclusive.release();
  });
});

describe('signal', () => {
  it('takes a claim out of the queue and rejects with the reason, AbortError by default', async () => {
    const { log, locks, hold } = world();
    const held = hold('a', 'held', { mode: 'shared' });
    const controller = new AbortController();
    const request = locks.request('a', { signal: controller.signal }, () => log.push('never'));
    const behind = hold('a', 'behind', { mode: 'shared' });
    await turns();
    expect(log).toEqual(['held']);
    controller.abort();
    await expect(request).rejects.toMatchObject({ name: 'AbortError' });
    await turns();
    expect(log).toEqual(['held', 'behind']);
    held.release();
    behind.release();
  });

  it('rejects at once when it is aborted already', async () => {
    const signal = AbortSignal.abort(new Error('closed'));
    await expect(createLocalLocks().request('a', { signal }, () => 1)).rejects.toThrow('closed');
  });

  it('does nothing once the callback runs', async () => {
    const controller = new AbortController();
    const request = createLocalLocks().request('a', { signal: controller.signal }, async () => {
      controller.abort();
      await turns();
      return 'done';
    });
    expect(await request).toBe('done');
  });

  it('frees a lock that was granted but whose callback has not begun', async () => {
    const locks = createLocalLocks();
    const controller = new AbortController();
    const request = locks.request('a', { signal: controller.signal }, () => 'ran');
    controller.abort();
    await expect(request).rejects.toMatchObject({ name: 'AbortError' });
    expect(await locks.request('a', { ifAvailable: true }, (lock) => lock !== null)).toBe(true);
  });
});

describe('steal', () => {
  it('takes the lock from its holders and ahead of the queue; they reject with AbortError', async () => {
    const { log, hold } = world();
    const robbed = [hold('a', 'shared 1', { mode: 'shared' }), hold('a', 'shared 2', { mode: 'shared' })];
    const waiting = hold('a', 'waiting');
    await turns();
    const thief = hold('a', 'thief', { steal: true });
    for (const { request } of robbed) await expect(request).rejects.toMatchObject({ name: 'AbortError' });
    for (const { release } of robbed) release(); // what they go on doing frees nothing
    await turns();
    expect(log).toEqual(['shared 1', 'shared 2', 'thief']);
    thief.release();
    await turns();
    expect(log).toEqual(['shared 1', 'shared 2', 'thief', 'waiting']);
    waiting.release();
    await waiting.request;
  });
});

describe('a request that contradicts itself', () => {
  const { signal } = new AbortController();
  it.each([
    ['a name with a hyphen in front', '-a', {}],
    ['steal with ifAvailable', 'a', { steal: true, ifAvailable: true }],
    ['steal of a shared lock', 'a', { steal: true, mode: 'shared' as const }],
    ['steal with a signal', 'a', { steal: true, signal }],
    ['ifAvailable with a signal', 'a', { ifAvailable: true, signal }],
  ])('is refused with NotSupportedError: %s', async (_, name, options) => {
    const request = createLocalLocks().request(name, options, () => 1);
    await expect(request).rejects.toMatchObject({ name: 'NotSupportedError' });
  });
});

/** Locks, and holders that log when they get one and keep it until they are told to release it. */
function world() {
  const locks = createLocalLocks();
  const log: string[] = [];
  const hold = (name: string, label: string, options: LockOptions = {}) => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const request = locks.request(name, options, () => {
      log.push(label);
      return released;
    });
    return { request, release: () => release() };
  };
  return { locks, log, hold };
}

/** All promise jobs, and those that they start. */
function turns(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
