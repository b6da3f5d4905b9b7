import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/index.ts';
import { valueAt } from '../../../src/model/json.ts';
import { asJson, type Lead } from '../../../src/model/lead.ts';
import { applyToLead } from '../../../src/model/lead-change.ts';
import type { PendingRow } from '../../../src/model/lead-record.ts';
import { applyMergePatch, touchedPaths } from '../../../src/model/merge-patch.ts';
import { replacedBy, valueBefore, withoutEarlier } from '../../../src/model/replaced.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { canonical, jsonObjects } from '../../builders/json-values.ts';

const names = ['a', 'b', '__proto__'];
// A document without nulls in objects: what is null counts as missing.
const leads = jsonObjects(names).map((document) => aLead({ properties: applyMergePatch({}, document) as JsonObject }));
const patches = fc.array(
  jsonObjects(names).map((properties) => ({ properties })),
  { minLength: 1, maxLength: 4 },
);

describe('R36 what edits replaced', () => {
  it('is what the lead held before the first of them, at every path that any of them touches', () => {
    fc.assert(
      fc.property(leads, patches, (lead, made) => {
        const { rows } = edited(lead, made);
        for (const path of pathsOf(rows)) expectBefore(rows, path, lead);
      }),
    );
  });

  it('is known of later edits too once an earlier one is gone', () => {
    fc.assert(
      fc.property(leads, patches, fc.nat(3), (lead, made, which) => {
        const { rows } = edited(lead, made);
        const gone = rows[which % rows.length] as PendingRow; // it has at least one
        const left = withoutEarlier(
          rows.filter((row) => row !== gone),
          gone,
        );
        // Each of those that are left replaces what is there without the one that is gone.
        let view = lead;
        for (const row of left) {
          for (const path of pathsOf([row])) expectBefore([row], path, view);
          view = applyToLead(view, row.patch);
        }
      }),
    );
  });

  it('is a scalar, or nothing at all, where an edit made an object', () => {
    const { rows } = edited(aLead({ properties: { a: 5 }, summary: null }), [
      { properties: { a: { x: 1 }, b: { y: { z: 1 } } }, summary: { notes: 'typed' } },
      { properties: { a: 6, b: 7 }, summary: null },
    ]);
    expect(valueBefore(rows, ['properties', 'a'])).toBe(5);
    expect(valueBefore(rows, ['properties', 'b'])).toBe(null);
    expect(valueBefore(rows, ['summary'])).toBe(null);
  });

  it('is not known of an edit that came from elsewhere', () => {
    const row = { seq: 1, leadId: leadId(0), patch: { properties: { a: 1 } }, madeAt: '' };
    expect(valueBefore([row], ['properties', 'a'])).toBeUndefined();
  });
});

/** Edits as they are made one after the other. */
function edited(lead: Lead, made: readonly JsonObject[]): { readonly rows: PendingRow[] } {
  let view = lead;
  const rows = made.map((patch, index) => {
    const row = { seq: index + 1, leadId: lead.id, patch, madeAt: '', replaced: replacedBy(view, patch) };
    view = applyToLead(view, patch);
    return row;
  });
  return { rows };
}

function pathsOf(rows: readonly PendingRow[]) {
  return rows.flatMap(({ patch }) => touchedPaths(patch));
}

function expectBefore(rows: readonly PendingRow[], path: readonly string[], lead: Lead): void {
  expect(canonical(valueBefore(rows, path))).toBe(canonical(valueAt(asJson(lead), path) ?? null));
}
