import { equalAt, getOwn, hasValueAt, isJsonObject, type JsonObject, type JsonValue, setOwn, valueAt } from './json.ts';
import { asJson, type Lead, sectionNames } from './lead.ts';
import { shows } from './lead-change.ts';
import type { FrozenBatch } from './lead-record.ts';
import { applyMergePatch, touchedPaths } from './merge-patch.ts';
import { placeOf, withValueAt, withValues } from './replaced.ts';

/**
 * A server may merge a section with what a PATCH says of it, as RFC 7396 has it, or put what it says in the section's
 * place; then every member that the patch does not name is gone. Here is what tells one from the other (R30–R33).
 */

/** The sections that a patch touches, as a lead has them. */
export function touchedSections(lead: Lead, patch: JsonObject): JsonObject {
  const touched = sectionNames.filter((name) => isJsonObject(patch[name]));
  return Object.fromEntries(touched.map((name) => [name, getOwn(asJson(lead), name) ?? null]));
}

/**
 * The body for a server that replaces: each section that the patch touches as a whole, on top of a fresh lead. What the
 * patch deletes is left out; of a repair it is named as null, which hurts on no server and is how one that merges shows.
 */
export function wholeSections(fresh: Lead, patch: JsonObject, isRepair = false): JsonObject {
  const lead = asJson(fresh);
  const whole = Object.entries(patch).map(([member, change]): [string, JsonValue] => [
    member,
    isJsonObject(change) ? applyMergePatch(getOwn(lead, member), change) : change,
  ]);
  const isThere = (path: readonly string[]) => valueAt(patch, path) === null && hasValueAt(lead, path);
  const nulls = isRepair ? touchedPaths(patch).filter(isThere) : [];
  return withValues(Object.fromEntries(whole), nulls, null);
}

/** What an answer says about members that a merging server leaves alone. */
export interface Untouched {
  /** Members that are gone because the server put the patch in their section's place, as they were. */
  readonly lost: JsonObject;
  /** Members that are gone while others of their section are not: somebody removed them. */
  readonly missing: readonly (readonly string[])[];
  /** Whether some are still there: the server merges. */
  readonly isMerged: boolean;
}

/**
 * Compares the sections as they were before a patch was sent with the answer, or with a lead that was fetched later:
 * there, others may have set members since. Null and missing are the same (R11).
 */
export function untouchedMembers(before: JsonObject, patch: JsonObject, answer: Lead, isLater = false): Untouched {
  const lost = {};
  const missing: string[][] = [];
  let isMerged = false;
  for (const [name, section] of Object.entries(before)) {
    const change = patch[name];
    if (!isJsonObject(section) || !isJsonObject(change)) continue;
    const untouched = unnamedMembers(section, change);
    const now = getOwn(asJson(answer), name);
    const gone = untouched.filter(([path]) => !hasValueAt(now, path));
    isMerged ||= gone.length < untouched.length;
    if (!gone.length) continue;
    const isLeft = ([path]: Member) =>
      isLater ? equalAt([name, ...path], asJson(answer), before) : hasValueAt(now, path);
    if (!untouched.some(isLeft)) setOwn(lost, name, objectOf(gone));
    else missing.push(...gone.map(([path]) => [name, ...path]));
  }
  return { lost, missing, isMerged };
}

/**
 * The paths that a copy of a batch may change which arrives late: of a section that the server may replace, all of it. An
 * answer that still has a member which the batch did not name shows that it does not.
 */
export function reach({ before, isWhole, body }: FrozenBatch, answer?: Lead): readonly (readonly string[])[] {
  const patch = JSON.parse(body) as JsonObject; // written by nextBatch
  const isLeft = ([path]: Member) => hasValueAt(answer && asJson(answer), path);
  const members = (value: JsonValue | undefined) => (isJsonObject(value) ? value : {});
  const mayReplace = (name = '') =>
    before &&
    Object.hasOwn(before, name) &&
    !unnamedMembers(members(before[name]), members(patch[name]), [name]).some(isLeft);
  return touchedPaths(patch).map((path) => (isWhole || mayReplace(path[0]) ? path.slice(0, 1) : path));
}

/**
 * What a batch removed that was refused, and yet its first attempt arrived (R33). Others may have written since: only
 * what is still as it was speaks against it.
 */
export function lostSince({ before = {}, body }: FrozenBatch, lead: Lead): JsonObject {
  const patch = JSON.parse(body) as JsonObject; // written by nextBatch
  const now = asJson(lead);
  const isAsBefore = (path: readonly string[]) => {
    const place = placeOf(now, path); // others may have put something else where the patch made an object
    return !equalAt(place, before, patch) && equalAt(place, now, before);
  };
  const sent = touchedPaths(patch).filter(([section = '']) => Object.hasOwn(before, section));
  return sent.some(isAsBefore) ? {} : untouchedMembers(before, patch, lead, true).lost;
}

/** Whether a lead shows all that a batch set. */
export function isThere({ body }: FrozenBatch, lead: Lead): boolean {
  return shows(lead, JSON.parse(body) as JsonObject); // written by nextBatch
}

/** A batch whose damage was found, or that a later one would be taken for. */
export function judged(batch: FrozenBatch): FrozenBatch {
  return { ...batch, before: undefined };
}

type Member = readonly [path: readonly string[], value: JsonValue];

/** What a patch leaves alone, at every depth: members beside those that it names. */
function unnamedMembers(before: JsonObject, patch: JsonObject, path: readonly string[] = []): readonly Member[] {
  return Object.entries(before).flatMap(([key, value]): readonly Member[] => {
    const here = [...path, key];
    if (!Object.hasOwn(patch, key)) return value === null ? [] : [[here, value]];
    const change = patch[key];
    return isJsonObject(value) && isJsonObject(change) ? unnamedMembers(value, change, here) : [];
  });
}

function objectOf(members: readonly Member[]): JsonObject {
  const whole = members.reduce<JsonValue | undefined>((object, [path, value]) => withValueAt(object, path, value), {});
  return whole as JsonObject; // no path is empty
}
