import type { JsonObject, Lead } from '../../src/index.ts';

/** The lead of the API's documentation before its PATCH example, with replacements. */
export function aLead(replacements: Partial<Lead> = {}): Lead {
  return {
    id: leadId(0),
    visitor_id: '660e8400-e29b-41d4-a716-446655440001',
    workspace_id: '770e8400-e29b-41d4-a716-446655440002',
    code: 'lead_001',
    source: 'website',
    created_at: '2025-01-15T10:30:00Z',
    updated_at: '2025-01-15T10:30:00Z',
    properties: { industry: 'Technology', company_size: '50-100' },
    location: { city: 'San Francisco', country: 'USA' },
    identity_id: '880e8400-e29b-41d4-a716-446655440003',
    session_id: '990e8400-e29b-41d4-a716-446655440004',
    summary: null,
    company_id: null,
    ...replacements,
  };
}

/** Leads with the ids `leadId(0)`, `leadId(1)`, … */
export function someLeads(count: number): Lead[] {
  return Array.from({ length: count }, (_, index) =>
    aLead({ id: leadId(index), code: `lead_${String(index + 1).padStart(3, '0')}` }),
  );
}

/** The id of the lead at this place. */
export function leadId(index: number): string {
  return `550e8400-e29b-41d4-a716-${String(446655440000 + index)}`;
}

/** The body of an answer: this lead as the server has it after the given changes. */
export function anAnswer(replacements: Partial<Lead> & { properties?: JsonObject } = {}, status = 200): Response {
  return new Response(JSON.stringify({ data: aLead({ updated_at: '2025-01-15T12:00:00Z', ...replacements }) }), {
    status,
    headers: { 'Content-Type': 'application/json' },
  });
}
