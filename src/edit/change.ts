import { enablePatches, Immer } from 'immer';
import { mergePatchBetween, setInPatch } from '../model/difference.ts';
import { getOwn, isJsonObject, type JsonObject, type JsonValue, toJson } from '../model/json.ts';
import { asJson, type DraftLead, editableMembers, type Lead, sectionNames } from '../model/lead.ts';
import { issueOf, leadPatchSchema } from '../model/lead-schema.ts';
import { LeadboxError } from '../model/leadbox-error.ts';

/** What an edit does to the view it is made on: the merge patch, empty if it changes nothing. Runs once per edit. */
export type Change = (view: Lead) => JsonObject;

enablePatches();
// An instance of our own: the app's settings of Immer do not reach it, nor ours the app's.
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
      // A draft of sections that are never null: DraftLead says just that.
      refusePromise(recipe(draft as unknown as DraftLead));
    });
    const patch: Record<string, JsonValue> = {};
    for (const { path } of touched) addChange(patch, path.map(String), asJson(view), asJson(after));
    return checkedPatch(patch);
  };
}

/**
 * A change by merge patch.
 * @throws LeadboxError 'read-only-field', 'not-json', 'invalid-edit'.
 */
export function patchChange(patch: unknown): Change {
  const checked = checkedPatch(toJson(patch, [], 'null'));
  return () => checked;
}

/** Recipes are synchronous: what a promise did later to the draft would be lost without a word. */
function refusePromise(returned: unknown): void {
  if (typeof returned !== 'object' || returned === null || !('then' in returned)) return;
  // Its draft is gone; whatever it says about that is a consequence of this error, not an error of its own.
  Promise.resolve(returned).catch(() => {});
  throw new LeadboxError(
    'async-recipe',
    'The recipe returned a promise. Await what it needs before calling edit(), then change the draft synchronously.',
  );
}

/** Adds what changed at one path that Immer names, as far down as both sides are objects: arrays change as a whole. */
function addChange(
  patch: Record<string, JsonValue>,
  path: readonly string[],
  before: JsonObject,
  after: JsonObject,
): void {
  if (!isEditable(path[0])) throw readOnly(path);
  const here: string[] = [];
  let was: JsonValue | undefined = before;
  let is: JsonValue | undefined = after;
  for (const key of path) {
    was = isJsonObject(was) ? getOwn(was, key) : undefined;
    is = isJsonObject(is) ? getOwn(is, key) : undefined;
    here.push(key);
    if (!isJsonObject(was) || !isJsonObject(is)) break;
  }
  // What the recipe left behind need not be JSON yet.
  const value = is === undefined ? null : toJson(is, here);
  // A null section is {} inside a draft: found empty it was not touched.
  if (here.length === 1 && was === null && isJsonObject(value) && Object.keys(value).length === 0) return;
  if (value === null && was === undefined) return;
  const change = mergePatchBetween(was, value);
  if (change !== undefined) setInPatch(patch, here, change);
}

function checkedPatch(patch: JsonValue): JsonObject {
  if (isJsonObject(patch)) {
    const member = Object.keys(patch).find((key) => !isEditable(key));
    if (member !== undefined) throw readOnly([member]);
  }
  const checked = leadPatchSchema.safeParse(patch);
  // As it was built, not zod's copy: `__proto__` and the like are data.
  if (checked.success) return patch as JsonObject;
  const { path, message } = issueOf(checked.error);
  const where = path.join('.') || 'The patch';
  throw new LeadboxError(
    'invalid-edit',
    `${where} is not what the API takes (${message}): sections are objects or null, company_id is a UUID or null.`,
    { path },
  );
}

function isEditable(member: string | undefined): boolean {
  return editableMembers.some((editable) => editable === member);
}

function readOnly(path: readonly string[]): LeadboxError {
  return new LeadboxError(
    'read-only-field',
    `${path.join('.')} belongs to the server. Only ${editableMembers.join(', ')} can be edited.`,
    { path },
  );
}
