import { Immer, isDraft } from 'immer';
import {
  getOwn,
  isJsonObject,
  isPlain,
  type JsonObject,
  type JsonValue,
  maxDepth,
  setOwn,
  toJson,
} from '../model/json.ts';
import { asJson, type DraftLead, editableMembers, type Lead, type LeadPatch, sectionNames } from '../model/lead.ts';
import { checked, leadPatchSchema } from '../model/lead-schema.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import { mergePatchBetween } from '../model/merge-patch.ts';

/** What an edit does to the view it is made on: the merge patch, empty if it changes nothing. Runs once per edit. */
export type Change = (view: Lead) => JsonObject;

// An instance of our own, that leaves what an app puts into a draft unfrozen: it may be the state of its UI library.
const immer = new Immer({ autoFreeze: false });

/**
 * A change by recipe. Immer leaves what the recipe did not touch the very object that it was, so the work grows with what
 * it touched and not with the lead.
 * @throws what the recipe throws; LeadboxError 'async-recipe', 'read-only-field', 'not-json', 'invalid-edit'.
 */
export function recipeChange(recipe: (draft: DraftLead) => void): Change {
  return (view) => {
    const draftable = { ...view };
    for (const section of sectionNames) draftable[section] ??= {};
    // Sections of the draft are never null now: that is what DraftLead says.
    const after = produced(draftable, (draft) => recipe(draft as unknown as DraftLead));
    const touched = touchedKeys(asJson(draftable), asJson(after));
    for (const member of touched) checkEditable([member]);
    const patch: Record<string, JsonValue> = {};
    for (const member of editableMembers) {
      if (!touched.includes(member)) continue;
      const change = changeBetween(view[member], asJson(after)[member], [member]);
      // A null section is {} inside a draft: left or made empty it was not touched (R7).
      const isEmpty = isJsonObject(change) && !Object.keys(change).length;
      if (change !== undefined && !(isEmpty && view[member] === null)) patch[member] = change;
    }
    return checkedPatch(patch);
  };
}

/**
 * A change by merge patch.
 * @throws LeadboxError 'read-only-field', 'not-json', 'invalid-edit'.
 */
export function patchChange(patch: unknown): Change {
  const given = checkedPatch(toJson(patch, [], 'null'));
  return () => given;
}

/**
 * The patch of a parked edit as the app amends it, by a synchronous Immer recipe on the patch; without one as it is.
 * @throws what the recipe throws; LeadboxError 'async-recipe', 'read-only-field', 'not-json', 'invalid-edit'.
 */
export function amended(patch: JsonObject, amend?: (draft: LeadPatch) => void): JsonObject {
  const after = amend ? produced(patch, (draft) => amend(draft as LeadPatch)) : patch; // a patch of a lead, as it was parked
  return checkedPatch(toJson(after, [], 'null'));
}

/** What a recipe makes of it. What it returns counts for nothing, so that an arrow function may assign. */
function produced<T extends object>(before: T, recipe: (draft: unknown) => unknown): T {
  let isReturned = false;
  const after = immer.produce(before, (draft) => {
    const returned = recipe(draft);
    refusePromise(returned);
    isReturned =
      isPlain(returned) &&
      !isDraft(returned) &&
      editableMembers.some((member) => getOwn(returned, member) !== undefined);
  });
  // It would be lost without a word.
  if (isReturned && after === before)
    throw new LeadboxError(
      'invalid-edit',
      'The recipe returned what it should have done to its draft. Change the draft.',
    );
  return after;
}

/** Recipes are synchronous: what a promise did later to the draft would be lost without a word. */
function refusePromise(returned: unknown): void {
  const promise = returned as Partial<PromiseLike<unknown>> | undefined | null; // whatever it is, only `then` is looked at
  if (typeof promise?.then !== 'function') return;
  // Its draft is gone; whatever it says about that is a consequence of this error, not an error of its own.
  promise.then(ignore, ignore);
  throw new LeadboxError('async-recipe', 'The recipe returned a promise. Await what it needs before calling edit().');
}

function ignore(): void {}

/** The members in which two objects hold something else. */
function touchedKeys(before: JsonObject, after: JsonObject): readonly string[] {
  return Object.keys({ ...before, ...after }).filter((key) => getOwn(before, key) !== getOwn(after, key));
}

/** The merge patch from one to the other, as far down as the recipe touched anything: arrays change as a whole. */
function changeBetween(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  here: readonly string[],
): JsonValue | undefined {
  if (!isPlain(before) || !isPlain(after)) {
    // What the recipe left behind need not be JSON yet.
    const value = after === undefined ? null : toJson(after, here, 'omit', maxDepth - here.length);
    return value === null && before === undefined ? undefined : mergePatchBetween(before, value);
  }
  const patch = {};
  for (const key of touchedKeys(before, after)) {
    const change = changeBetween(getOwn(before, key), getOwn(after, key), [...here, key]);
    if (change !== undefined) setOwn(patch, key, change);
  }
  return Object.keys(patch).length ? patch : undefined;
}

function checkedPatch(patch: JsonValue): JsonObject {
  for (const member of Object.keys(isJsonObject(patch) ? patch : {})) checkEditable([member]);
  checked(leadPatchSchema, patch, (path, problem) => {
    const message = `Not a patch of a lead at ${path.join('.')}: ${problem}. Sections are objects, company_id is a UUID.`;
    throw new LeadboxError('invalid-edit', message, { path });
  });
  return patch as JsonObject; // the schema just said so
}

function checkEditable(path: readonly string[]): void {
  if (editableMembers.some((member) => member === path[0])) return;
  const message = `${path.join('.')} belongs to the server. Editable are ${editableMembers.join(', ')}.`;
  throw new LeadboxError('read-only-field', message, { path });
}
