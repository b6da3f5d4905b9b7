import type { JsonObject } from '../model/json.ts';
import { editableMembers } from '../model/lead.ts';
import { issueOf, leadPatchSchema } from '../model/lead-schema.ts';

/** Why the API refuses the body of a PATCH, in words for a person; undefined: it does not. */
export function flawOf(patch: JsonObject): string | undefined {
  const editable: readonly string[] = editableMembers;
  const other = Object.keys(patch).find((member) => !editable.includes(member));
  if (other !== undefined) return `${other} cannot be changed: a lead takes ${editable.join(', ')}.`;
  const checked = leadPatchSchema.safeParse(patch);
  if (checked.success) return undefined;
  const [member] = issueOf(checked.error).path;
  if (member === undefined) return 'The body is nested too deeply.';
  return `${member} must be ${member === 'company_id' ? 'a UUID' : 'an object'} or null.`;
}
