import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareWith } from '../../../src/model/conflict.ts';
import { equalAt, isJsonObject, type JsonObject, type JsonValue, valueAt } from '../../../src/model/json.ts';
import { asJson } from '../../../src/model/lead.ts';
import { applyToLead } from '../../../src/model/lead-change.ts';
import type { PendingRow } from '../../../src/model/lead-record.ts';
import { applyMergePatch, foldPatches, pathsOverlap } from '../../../src/model/merge-patch.ts';
import { replacedBy } from '../../../src/model/replaced.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { jsonObjects } from '../../builders/json-values.ts';

const changes = jsonObjects(['a', 'b', '__proto__']);
// Documents without nulls in objects: what is null counts as missing.
const documents = changes.map((document) => applyMergePatch({}, document) as JsonObject);

it('R36 what others changed is lost only where it conflicts, and what nobody changed does not', () => {
  fc.assert(
    fc.property(documents, changes, fc.array(changes, { minLength: 1, maxLength: 3 }), (before, theirs, mine) => {
      const lead = aLead({ properties: before });
      const fresh = applyToLead(lead, { properties: theirs });
      const { rows, patch, view } = folded(lead, mine);
      const conflicts = compareWith(fresh, rows, patch, []).conflicts.map(({ path }) => path);
      const [was, is, after] = [lead, fresh, applyToLead(fresh, patch)].map(asJson);
      for (const path of conflicts) expect(equalAt(path, was, is)).toBe(false);
      // Where it is an object now, its members count.
      const isChanged = (path: readonly string[]) => !equalAt(path, was, is) && !isJsonObject(valueAt(is, path));
      const changed = [...valuePaths(was), ...valuePaths(is)].filter(isChanged);
      for (const path of changed.filter((one) => !pathsOverlap([one], conflicts))) {
        expect(equalAt(path, after, is) || equalAt(path, after, asJson(view)), path.join()).toBe(true);
      }
    }),
    { numRuns: 1_000 },
  );
});

/** Edits one on the other, as many as fold into one request. */
function folded(lead: ReturnType<typeof aLead>, changed: readonly JsonObject[]) {
  const rows: PendingRow[] = [];
  let patch: JsonObject = {};
  let view = lead;
  for (const [index, properties] of changed.entries()) {
    const one = { properties };
    const both = foldPatches(patch, one);
    if (!both) break;
    rows.push({ seq: index + 1, leadId: leadId(0), patch: one, madeAt: '', replaced: replacedBy(view, one) });
    view = applyToLead(view, one);
    patch = both;
  }
  return { rows, patch, view };
}

/** Where there is something else than an object. */
function valuePaths(value: JsonValue | undefined, path: readonly string[] = []): readonly (readonly string[])[] {
  if (!isJsonObject(value)) return [path];
  return Object.keys(value).flatMap((key) => valuePaths(value[key], [...path, key]));
}
