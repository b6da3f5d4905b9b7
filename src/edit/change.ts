import { enablePatches, Immer } from 'immer';
import { getOwn, isJsonObject, type JsonObject, type JsonValue, toJson } from '../model/json.ts';
import { asJson, type DraftLead, editableMembers, type Lead, type LeadPatch, sectionNames } from '../model/lead.ts';
import { checked, leadPatchSchema } from '../model/lead-schema.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import { foldPatches, mergePatchBetween } from '../model/merge-patch.ts';

/** What an edit does to the view it is made on: the merge patch, empty if it changes nothing. Runs once per edit. */
export type Change = (view: Lead) => JsonObject;

enablePatches();
// An instance of our own, that leaves what an app puts into a draft unfrozen: it may be the state of its UI library.
const immer = new Immer({ autoFreeze: false });

/**
 * A change by recipe. Its merge patch comes from Immer's own patches, so the work grows with what the recipe touched
 * and not with the lead.
 * @throws what the recipe throws; LeadboxError 'async-recipe', 'read-only-field', 'not-json', 'invalid-edit'.
 */
export function recipeChange(recipe: (draft: DraftLead) => void): Change {
  return (view) => {
    const draftable = { ...view };
    for (const section of sectionNames) draftable[section] ??= {};
    const [after, touched] = immer.produceWithPatches(draftable, (draft) => {
      // Sections of the draft are never null now: that is what DraftLead says.
      refusePromise(recipe(draft as unknown as DraftLead));
    });
    let patch: JsonObject = {};
    const paths = touched.map(({ path }) => path.map(String));
    for (const path of paths) checkEditable(path);
    // In the order of the API's documentation, whatever Immer's is.
    for (const path of editableMembers.flatMap((member) => paths.filter(([first]) => first === member))) {
      const change = changeAt(path, asJson(view), asJson(after));
      // Immer names each place once, so that these always fold.
      if (change) patch = foldPatches(patch, change) ?? patch;
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
  const after = amend
    ? immer.produce(patch, (draft) => refusePromise(amend(draft as LeadPatch))) // a patch of a lead, as it was parked
    : patch;
  return checkedPatch(toJson(after, [], 'null'));
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

/** The merge patch of one place that Immer names, as far down as both sides are objects: arrays change as a whole. */
function changeAt(path: readonly string[], before: JsonObject, after: JsonObject): JsonObject | undefined {
  const here: string[] = [];
  let was: JsonValue | undefined = before;
  let is: JsonValue | undefined = after;
  for (const key of path) {
    was = getOwn(was, key);
    is = getOwn(is, key);
    here.push(key);
    if (!isJsonObject(was) || !isJsonObject(is)) break;
  }
  // What the recipe left behind need not be JSON yet.
  const value = is === undefined ? null : toJson(is, here);
  const change = value === null && was === undefined ? undefined : mergePatchBetween(was, value);
  // A null section is {} inside a draft: left or made empty it was not touched (R7).
  const isEmpty = isJsonObject(change) && !Object.keys(change).length;
  if (change === undefined || (isEmpty && was === null && here.length === 1)) return undefined;
  // A computed key is an own member, also `__proto__`; an object comes out, because the path is not empty.
  return here.reduceRight<JsonValue>((inner, key) => ({ [key]: inner }), change) as JsonObject;
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
