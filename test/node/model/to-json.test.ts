import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLeadboxError } from '../../../src/index.ts';
import { toJson } from '../../../src/model/json.ts';
import { deepFreeze } from '../../builders/deep-freeze.ts';
import { canonical, jsonDocuments } from '../../builders/json-values.ts';

class Money {
  amount = 1;
}

const cycle: Record<string, unknown> = {};
cycle.list = [cycle];

function nested(levels: number, make: (inner: unknown) => unknown): unknown {
  return levels === 0 ? 1 : make(nested(levels - 1, make));
}

describe('R5 what JSON cannot carry is refused with its path:', () => {
  it.each<[string, unknown, string[]]>([
    ['undefined', undefined, []],
    ['undefined in an array', { a: [1, undefined] }, ['a', '1']],
    ['a hole in an array', { a: Object.assign([1], { length: 3, 2: 2 }) }, ['a', '1']],
    ['NaN', { a: { b: Number.NaN } }, ['a', 'b']],
    ['Infinity', { a: Number.POSITIVE_INFINITY }, ['a']],
    ['-Infinity', { a: [Number.NEGATIVE_INFINITY] }, ['a', '0']],
    ['a Date', { due: new Date(0) }, ['due']],
    ['a Map', { a: new Map([['k', 1]]) }, ['a']],
    ['a Set', { a: { b: [new Set([1])] } }, ['a', 'b', '0']],
    ['a BigInt', { a: 1n }, ['a']],
    ['a function', { a: () => 1 }, ['a']],
    ['a symbol', { a: Symbol('s') }, ['a']],
    ['an instance of a class', { price: new Money() }, ['price']],
    ['a regular expression', { a: /x/ }, ['a']],
    ['an error', { a: new Error('x') }, ['a']],
    ['a promise', { a: Promise.resolve(1) }, ['a']],
    ['bytes', { a: new Uint8Array(2) }, ['a']],
    ['a boxed string', { a: Object('x') as unknown }, ['a']],
    ['a cycle', cycle, ['list', '0']],
  ])('%s', (_, value, path) => {
    expect(refusalOf(value)).toMatchObject({ code: 'not-json', path });
  });

  it.each<[string, (inner: unknown) => unknown]>([
    ['objects', (inner) => ({ a: inner })],
    ['arrays', (inner) => [inner]],
  ])('%s nested deeper than 100 levels, and not those at 100', (_, make) => {
    expect(toJson(nested(100, make))).toEqual(nested(100, make));
    const error = refusalOf(nested(101, make));
    expect(error).toMatchObject({ code: 'not-json' });
    expect(isLeadboxError(error) && error.path).toHaveLength(100);
    // Deep enough to overflow the stack of whoever walks it without a limit.
    expect(refusalOf(deepWithoutRecursion(100_000))).toMatchObject({ code: 'not-json' });
  });

  it('and the message names the path, not the value', () => {
    const error = refusalOf({ a: { due: new Date(0) } });
    expect(String(error)).toMatch(/a\.due.*Date/);
    expect(String(error)).not.toContain('1970');
  });
});

describe('R5 what JSON can carry', () => {
  it('is copied: what the caller changes later has no effect', () => {
    const given = { a: { b: [1, { c: 2 }] } };
    const copy = toJson(given);
    given.a.b.push(3);
    expect(copy).toEqual({ a: { b: [1, { c: 2 }] } });
  });

  it('comes out equal, mutates nothing, and shares no object with what was given', () => {
    fc.assert(
      fc.property(jsonDocuments(), (value) => {
        const copy = toJson(deepFreeze(value));
        expect(canonical(copy)).toBe(canonical(value));
        if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value);
      }),
      { numRuns: 1_000 },
    );
  });

  it('may hold the same object twice: only a cycle is refused', () => {
    const shared = { x: 1 };
    expect(toJson({ a: shared, b: [shared, shared] })).toEqual({ a: { x: 1 }, b: [{ x: 1 }, { x: 1 }] });
  });

  it('may be proxies of other libraries, which become plain data', () => {
    const copy = toJson({ a: proxied({ b: proxied([1, proxied({ c: 2 })]) }) });
    expect(copy).toEqual({ a: { b: [1, { c: 2 }] } });
    expect(structuredClone(copy)).toEqual(copy); // which a proxy is not fit for
  });

  it('may be an object without a prototype or with that of another window', () => {
    const bare = Object.assign(Object.create(null) as Record<string, unknown>, { x: 1 });
    expect(toJson({ bare })).toEqual({ bare: { x: 1 } });
  });

  it('may have getters, whose values count, and symbols, which do not', () => {
    const value = {
      get full() {
        return 'Ada';
      },
      [Symbol('hidden')]: 1,
    };
    expect(toJson(value)).toEqual({ full: 'Ada' });
  });

  it('has zero for minus zero (R12), at any depth', () => {
    expect(canonical(toJson({ a: -0, b: [-0] }))).toBe('{"a":0,"b":[0]}');
    expect(canonical(toJson(-0))).toBe('0');
  });

  it('has members named __proto__ as data', () => {
    const given = JSON.parse('{"__proto__":{"x":1},"constructor":{"prototype":{"y":2}}}') as unknown;
    expect(canonical(toJson(given))).toBe('{"__proto__":{"x":1},"constructor":{"prototype":{"y":2}}}');
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it('leaves out undefined members, or makes them the null that deletes in a patch', () => {
    const value = { a: undefined, b: { c: undefined, d: 1 } };
    expect(canonical(toJson(value))).toBe('{"b":{"d":1}}');
    expect(canonical(toJson(value, [], 'null'))).toBe('{"a":null,"b":{"c":null,"d":1}}');
  });
});

function refusalOf(value: unknown): unknown {
  try {
    toJson(value);
  } catch (error) {
    return error;
  }
  return 'accepted';
}

function deepWithoutRecursion(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = { a: value };
  return value;
}

function proxied<T extends object>(target: T): T {
  return new Proxy(target, {});
}
