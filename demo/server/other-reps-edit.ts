import type { JsonObject, Lead } from '../../src/index.ts';

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
