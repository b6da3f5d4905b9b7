import * as z from 'zod/mini';
import { isJsonObject, type JsonObject } from '../model/json.ts';
import { type Lead, memberOf, type SectionSchemas, sectionNames } from '../model/lead.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import { pathsOverlap, touchedPaths } from '../model/merge-patch.ts';

/**
 * Refuses an edit after which a section breaks its schema at a path that the edit changed. What the server sent is
 * never held against the user, and what the schema would make of the section is never stored.
 * @throws LeadboxError 'invalid-edit' with the path.
 */
export function checkSections(schemas: SectionSchemas, after: Lead, patch: JsonObject): void {
  for (const name of sectionNames) {
    const schema = schemas[name];
    const change = patch[name];
    if (!schema || !isJsonObject(change)) continue;
    const touched = touchedPaths(change);
    // SectionSchemas takes what zod's own types call a schema; the type names only what the contract needs of it.
    const checked = z.safeParse(schema as z.core.$ZodType, memberOf(after, name));
    for (const issue of checked.error?.issues ?? []) {
      const path = issue.path.map(String);
      const places = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
      const place = places.find((at) => pathsOverlap([at], touched));
      if (!place) continue;
      const where = [name, ...place];
      throw new LeadboxError(
        'invalid-edit',
        `${where.join('.')} does not fit the schema of ${name} (${issue.code}). Nothing was queued.`,
        { path: where },
      );
    }
  }
}
