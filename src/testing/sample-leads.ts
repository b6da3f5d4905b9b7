import type { JsonObject } from '../model/json.ts';
import type { Lead } from '../model/lead.ts';
import { createSeededRandom } from './seeded-random.ts';

export interface SampleLeadOptions {
  /** Another seed gives other leads. Default 1. */
  readonly seed?: number;
}

/**
 * `count` invented leads, the same for the same seed in every run; fewer are the first of more. They differ in status
 * (new, contacted, qualified, won, lost), place, company and age; some have no company, no visitor's session or a
 * summary that is null. `code` counts from lead_001, and each lead was created after the one before it, in January 2025
 * or later.
 */
export function createSampleLeads(count: number, options: SampleLeadOptions = {}): Lead[] {
  const random = createSeededRandom(options.seed ?? 1);
  const workspace = uuid(random);
  const companies = names.companies.map((name) => ({ name, id: uuid(random) }));
  let created = Date.UTC(2025, 0, 6, 8);

  return Array.from({ length: count }, (_, index) => {
    created += (5 + Math.floor(random() * 180)) * 60_000;
    const company = chance(random, 0.85) ? pick(random, companies) : undefined;
    const identified = chance(random, 0.6);
    return {
      id: uuid(random),
      visitor_id: uuid(random),
      workspace_id: workspace,
      code: `lead_${String(index + 1).padStart(3, '0')}`,
      source: pick(random, ['website', 'website', 'referral', 'event', 'import', 'phone']),
      created_at: isoSeconds(created),
      updated_at: isoSeconds(created + Math.floor(random() * 72) * 3_600_000),
      properties: properties(random, company?.name),
      location: { ...pick(random, names.places) },
      identity_id: identified ? uuid(random) : null,
      session_id: identified ? uuid(random) : null,
      summary: chance(random, 0.7) ? { notes: pick(random, names.notes) } : null,
      company_id: company?.id ?? null,
    };
  });
}

function properties(random: () => number, company: string | undefined): JsonObject {
  const first = pick(random, names.first);
  const last = pick(random, names.last);
  return {
    name: `${first} ${last}`,
    company: company ?? null,
    email: `${first}.${last}@example.com`.toLowerCase(),
    phone: `+1 555 01${String(Math.floor(random() * 100)).padStart(2, '0')}`, // numbers reserved for fiction
    status: pick(random, ['new', 'new', 'contacted', 'contacted', 'qualified', 'won', 'lost']),
    score: Math.floor(random() * 101),
  };
}

function pick<T>(random: () => number, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T; // the index is within the list, and no list is empty
}

function chance(random: () => number, share: number): boolean {
  return random() < share;
}

/** Version 4 by its form; what is random in it comes from the seed. */
function uuid(random: () => number): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (place) =>
    Math.floor(place === 'x' ? random() * 16 : 8 + random() * 4).toString(16),
  );
}

function isoSeconds(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}

const names = {
  first: `Ada Ben Clara Dario Elin Farid Greta Hugo Ines Jonas Kira Leo
    Mina Noor Otto Priya Ravi Sofia Tomas Uma Vera Wanda Yusuf Zoe`.split(/\s+/),
  last: `North Field Winter Marsh Bell Stone Rivers Lake Ashby Frost Gale Hill
    Moss Reed Shore Thorn Vale West Woods Young Brook Cliff Dale Penn`.split(/\s+/),
  companies: [
    'Harbor Tools',
    'Cedar Foods',
    'Bright Textiles',
    'Copper Logistics',
    'Maple Studio',
    'Granite Energy',
    'River Clinic',
    'Summit Bakery',
    'Willow Robotics',
    'Lantern Books',
    'Orchard Glass',
    'Meadow Cycles',
  ],
  places: [
    { city: 'Port Alder', country: 'USA' },
    { city: 'Stonemere', country: 'USA' },
    { city: 'Lower Finch', country: 'Canada' },
    { city: 'Grayhaven', country: 'Ireland' },
    { city: 'Lindwald', country: 'Germany' },
    { city: 'Saint-Orme', country: 'France' },
    { city: 'Villaluz', country: 'Spain' },
    { city: 'Kauri Bay', country: 'New Zealand' },
  ],
  notes: [
    'Asked for a quote by the end of the month.',
    'Met at the trade fair, wants a demo.',
    'Prefers a call in the morning.',
    'Compares us with two other suppliers.',
    'Budget is approved.',
    'Send the brochure again.',
    'Decides together with the head of purchasing.',
    'High priority lead',
  ],
} as const;
