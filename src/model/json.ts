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

/** An own data property, also for `__proto__`, which a plain assignment would take for the prototype. */
export function setOwn(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, enumerable: true, writable: true });
}

/** The own property `key`, never one of a prototype. */
export function getOwn(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The value at `path`, through own properties of objects only. */
export function valueAt(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  let at = value;
  for (const key of path) at = isJsonObject(at) ? getOwn(at, key) : undefined;
  return at;
}

/** Equal as JSON: the order of members does not count. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => jsonEqual(item, b[index]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && jsonEqual(a[key], b[key]))
  );
}

/**
 * A plain copy of `value` as JSON would carry it: proxies of other libraries become data, -0 becomes 0.
 * `absent` says what an undefined member of an object means: 'omit' it, or 'null', which in a merge patch deletes.
 * @throws LeadboxError 'not-json' with the path of the first value that JSON cannot carry.
 */
export function toJson(
  value: unknown,
  path: readonly string[] = [],
  absent: 'omit' | 'null' = 'omit',
  ancestors: readonly object[] = [],
): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value;
  if (typeof value !== 'object') throw notJson(path, kindOf(value));
  if (ancestors.includes(value)) throw notJson(path, 'a cycle');
  if (ancestors.length >= maxDepth) throw notJson(path, `nested deeper than ${maxDepth} levels`);
  const inside = [...ancestors, value];
  if (Array.isArray(value)) {
    return Array.from(value, (item, index) => toJson(item, [...path, String(index)], 'omit', inside));
  }
  if (!isPlain(value)) throw notJson(path, kindOf(value));
  const copy: Record<string, JsonValue> = {};
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) setOwn(copy, key, toJson(member, [...path, key], absent, inside));
    else if (absent === 'null') setOwn(copy, key, null);
  }
  return copy;
}

/** Whether `value`, parsed from JSON, stays within the depth that the library handles. */
export function isWithinDepth(value: unknown, levels: number = maxDepth): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((member) => isWithinDepth(member, levels - 1));
}

/** Objects of another window have another Object.prototype, but it too is the end of their chain. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function kindOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return typeof value;
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  return kind === 'Object' ? 'an instance of a class' : `a ${kind}`;
}

function notJson(path: readonly string[], kind: string): LeadboxError {
  const where = path.join('.') || 'the value';
  return new LeadboxError(
    'not-json',
    `${where} is ${kind}, which JSON cannot carry. Use null, booleans, finite numbers, strings, arrays and plain objects.`,
    { path },
  );
}
