import jsonPatch from 'fast-json-patch';
import { LeadboxError } from './leadbox-error.ts';

/** A value that JSON can carry. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
/** An object that JSON can carry. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** How deep a value may be nested. Deeper ones are refused where they come in, so that no later step can overflow. */
export const maxDepth = 100;

/** Whether `value` is an object in JSON's sense: neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * An own data property, also where the prototype has one of that name: assigned, `__proto__` would become the prototype, and
 * a frozen prototype would refuse any of its own.
 */
export function setOwn(target: object, key: string, value: unknown): void {
  if (key in target)
    Object.defineProperty(target, key, { value, configurable: true, enumerable: true, writable: true });
  else (target as Record<string, unknown>)[key] = value;
}

/** The own member `key` of an object, never one of a prototype. */
export function getOwn(value: unknown, key: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The value at `path`, through own members of objects only. */
export function valueAt(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(getOwn, value);
}

/** Whether there is a value: null and missing are the same (R11). */
export function hasValueAt(value: JsonValue | undefined, path: readonly string[]): boolean {
  return (valueAt(value, path) ?? null) !== null;
}

/** Whether two documents have the same at `path`; null and missing are the same (R11). */
export function equalAt(path: readonly string[], a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return jsonEqual(valueAt(a, path) ?? null, valueAt(b, path) ?? null);
}

/** Equal as JSON: the order of members does not count. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  const isInside = typeof a === 'object' && a !== null && typeof b === 'object' && b !== null;
  return a === b || (isInside && !jsonPatch.compare([a], [b]).length);
}

/**
 * A plain copy of `value` as JSON would carry it: proxies of other libraries become data, -0 becomes 0.
 * `depth` is how deep it may be nested; `absent` says what an undefined member of an object means: 'omit' it, or 'null',
 * which in a merge patch deletes.
 * @throws LeadboxError 'not-json' with the path of the first value that JSON cannot carry.
 */
export function toJson(
  value: unknown,
  path: readonly string[] = [],
  absent: 'omit' | 'null' = 'omit',
  depth: number = maxDepth,
): JsonValue {
  return copied(value, { here: [...path], ancestors: [], absent, depth });
}

interface Copying {
  /** Where the copy has come to, and the objects around it. */
  readonly here: string[];
  readonly ancestors: unknown[];
  readonly absent: 'omit' | 'null';
  readonly depth: number;
}

function copied(value: unknown, copying: Copying): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value || 0;
  const { here, ancestors, absent, depth } = copying;
  const isEndless = ancestors.length >= depth || ancestors.includes(value);
  const inside = <T>(key: string, run: () => T): T => {
    here.push(key);
    const result = run();
    here.pop();
    return result;
  };
  if (!isEndless && Array.isArray(value)) {
    ancestors.push(value);
    const copy = Array.from(value, (item, index) => inside(`${index}`, () => copied(item, copying)));
    ancestors.pop();
    return copy;
  }
  if (!isEndless && isPlain(value)) {
    ancestors.push(value);
    const copy: Record<string, JsonValue> = {};
    for (const key of Object.keys(value)) {
      const member: unknown = (value as Record<string, unknown>)[key]; // one of its keys
      const json = member === undefined ? null : inside(key, () => copied(member, copying));
      if (member === undefined && absent === 'omit') continue;
      setOwn(copy, key, json);
    }
    ancestors.pop();
    return copy;
  }
  const kind = isEndless ? `a cycle, or deeper than ${depth} levels` : Object.prototype.toString.call(value);
  throw new LeadboxError('not-json', `JSON cannot carry ${here.join('.')}: ${kind}. Store plain data.`, { path: here });
}

/** Objects of another window have another Object.prototype, but it too is the end of their chain. */
export function isPlain(value: unknown): value is JsonObject {
  if (!isJsonObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
