import { type JsonObject, toJson } from '../model/json.ts';
import { editableMembers } from '../model/lead.ts';
import { leadPatchSchema } from '../model/lead-schema.ts';

/** Why the API refuses the body of a PATCH, in words for a person; undefined: it does not. */
export function flawOf(patch: JsonObject): string | undefined {
  const editable: readonly string[] = editableMembers;
  const other = Object.keys(patch).find((member) => !editable.includes(member));
  if (other !== undefined) return `${other} cannot be changed: a lead takes ${editable.join(', ')}.`;
  if (!isWithinDepth(patch)) return 'The body is nested too deeply.';
  const member = leadPatchSchema.safeParse(patch).error?.issues[0]?.path[0];
  if (member === undefined) return undefined;
  return `${String(member)} must be ${member === 'company_id' ? 'a UUID' : 'an object'} or null.`;
}

function isWithinDepth(patch: JsonObject): boolean {
  try {
    toJson(patch);
    return true;
  } catch {
    return false;
  }
}
