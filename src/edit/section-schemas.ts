import * as z from 'zod/mini';
import { isJsonObject, type JsonObject } from '../model/json.ts';
import { type Lead, type SectionSchemas, sectionNames } from '../model/lead.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import { pathsOverlap, touchedPaths } from '../model/merge-patch.ts';

/**
 * Refuses an edit after which a section breaks its schema at a path that the edit changed. What the server sent is
 * never held against the user, and what the schema would make of the section is never stored (R67).
 * @throws LeadboxError 'invalid-edit' with the path.
 */
export function checkSections(schemas: SectionSchemas, after: Lead, patch: JsonObject): void {
  for (const name of sectionNames) {
    const change = patch[name];
    if (!schemas[name] || !isJsonObject(change)) continue;
    // SectionSchemas says of a schema only what the contract needs.
    const { error } = z.safeParse(schemas[name] as z.core.$ZodType, after[name]);
    for (const issue of error?.issues ?? []) {
      const keys = issue.code === 'unrecognized_keys' ? issue.keys : [[]];
      const path = keys
        .map((key) => issue.path.concat(key).map(String))
        .find((place) => pathsOverlap([place], touchedPaths(change)));
      if (!path) continue;
      const where = [name, ...path];
      const message = `${where.join('.')} does not fit the schema of ${name}: ${issue.code}.`;
      throw new LeadboxError('invalid-edit', message, { path: where });
    }
  }
}
