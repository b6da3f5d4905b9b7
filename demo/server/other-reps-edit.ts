import type { JsonObject, JsonValue, Lead } from '../../src/index.ts';

const statuses = ['new', 'contacted', 'qualified', 'won'];

/** What a colleague might do to a lead: one of three edits in turn, each different from what is there. */
export function otherRepsEdit(lead: Lead, turn: number): JsonObject {
  const { status, score } = lead.properties ?? {};
  const points = typeof score === 'number' ? score : 50;
  const edits: readonly JsonObject[] = [
    { properties: { score: (points + 7) % 101 }, summary: { notes: `Called back, round ${turn + 1}. Send an offer.` } },
    { location: { city: lead.location?.city === 'Stonemere' ? 'Grayhaven' : 'Stonemere' } },
    { properties: { status: statuses[(statuses.indexOf(String(status)) + 1) % statuses.length] ?? 'new' } },
  ];
  return edits[turn % edits.length] ?? {};
}

/** What a colleague made a moment ago of the very fields that `patch` sets. */
export function rivalEdit(lead: Lead, patch: JsonObject): JsonObject {
  const sections = { properties: lead.properties, location: lead.location, summary: lead.summary };
  return Object.fromEntries(
    Object.entries(sections).flatMap(([section, before]) => {
      const mine = patch[section];
      if (typeof mine !== 'object' || mine === null || Array.isArray(mine)) return [];
      const names = Object.keys(mine);
      return [[section, Object.fromEntries(names.map((name) => [name, rivalValue(name, before?.[name])]))]];
    }),
  );
}

function rivalValue(name: string, before: JsonValue | undefined): JsonValue {
  if (name === 'status') return statuses[(statuses.indexOf(String(before)) + 1) % statuses.length] ?? 'new';
  if (typeof before === 'number') return (before + 7) % 101;
  return typeof before === 'string' && before !== '' ? `${before} (checked)` : 'To be checked';
}
