import { getOwn, type JsonObject } from './json.ts';
import { asJson, type Lead } from './lead.ts';
import type { LeadRecord } from './lead-record.ts';
import { applyMergePatch, withoutNulls } from './merge-patch.ts';

/**
 * The lead after a patch of its editable members. As RFC 7396, but a null at the lead's top level leaves the member
 * there as null, as the API shows it. The same object if the patch changes nothing.
 */
export function applyToLead(lead: Lead, patch: JsonObject): Lead {
  let after = lead;
  for (const [member, change] of Object.entries(patch)) {
    const before = getOwn(asJson(lead), member);
    const value = change === null ? null : applyMergePatch(before, change);
    if (value !== before) after = { ...after, [member]: value };
  }
  return after;
}

/** Whether a lead has all that a patch sets and clears: once more it changes nothing. Null and missing are the same (R11). */
export function shows(lead: Lead, patch: JsonObject): boolean {
  const bare = withoutNulls(asJson(lead));
  return applyMergePatch(bare, patch) === bare;
}

/** The local view: the base with the lead's pending patches on top, oldest first. */
export function localView(base: Lead, patches: readonly JsonObject[]): Lead {
  return patches.reduce(applyToLead, base);
}

/** The local view of a lead with pending edits. */
export function viewOf({ base, rows }: Pick<LeadRecord, 'base' | 'rows'>): Lead {
  return localView(
    base,
    rows.map(({ patch }) => patch),
  );
}

/** Whether `a` was written before `b` on the server, by instants, not by their spelling. Unreadable ones are not. */
export function isOlder(a: Lead, b: Lead): boolean {
  return Date.parse(a.updated_at) < Date.parse(b.updated_at);
}
