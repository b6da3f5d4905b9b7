import * as z from 'zod/mini';
import { isJsonObject, type JsonObject, jsonEqual } from '../model/json.ts';
import { type Lead, type SectionSchemas, sectionNames } from '../model/lead.ts';
import { applyToLead } from '../model/lead-change.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import { pathsOverlap, touchedPaths } from '../model/merge-patch.ts';

/**
 * Refuses an edit after which a section breaks its schema at a path that the edit changed, or above one where it did not
 * before. What the server sent is never held against the user, and what the schema would make of the section is never
 * stored (R67).
 * @throws LeadboxError 'invalid-edit' with the path.
 */
export function checkSections(schemas: SectionSchemas, before: Lead, patch: JsonObject): void {
  for (const name of sectionNames) {
    const change = patch[name];
    if (!schemas[name] || !isJsonObject(change)) continue;
    // SectionSchemas says of a schema only what the contract needs.
    const issuesOf = (lead: Lead) => z.safeParse(schemas[name] as z.core.$ZodType, lead[name]).error?.issues ?? [];
    const touched = touchedPaths(change);
    const isTouched = (place: readonly string[]) =>
      touched.some((path) => path.every((key, index) => key === place[index]));
    // What concerns several members as a whole, of which the edit changed some.
    const wasThere = ({ code, path }: z.core.$ZodIssue) =>
      issuesOf(before).some((old) => old.code === code && jsonEqual(old.path, path));
    for (const issue of issuesOf(applyToLead(before, patch))) {
      const keys = issue.code === 'unrecognized_keys' ? issue.keys : [[]];
      const path = keys
        .map((key) => issue.path.concat(key).map(String))
        .find((place) => pathsOverlap([place], touched));
      if (!path || (!isTouched(path) && wasThere(issue))) continue;
      const where = [name, ...path];
      const message = `${where.join('.')} does not fit the schema of ${name}: ${issue.code}.`;
      throw new LeadboxError('invalid-edit', message, { path: where });
    }
  }
}
