import type { Lead } from '../../../src/model/lead.ts';

export const documentedId = '550e8400-e29b-41d4-a716-446655440000';

/** The lead of the API's documentation before its PATCH example, with replacements. */
export function aLead(replacements: Partial<Lead> = {}): Lead {
  return {
    id: documentedId,
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

/** Leads lead_001, lead_002, …, each created a minute after the one before. */
export function someLeads(count: number): Lead[] {
  return Array.from({ length: count }, (_, index) => {
    const number = String(index + 1);
    return aLead({
      id: `550e8400-e29b-41d4-a716-${number.padStart(12, '0')}`,
      code: `lead_${number.padStart(3, '0')}`,
      created_at: new Date(Date.UTC(2025, 0, 15, 10, index)).toISOString(),
      source: index % 2 === 0 ? 'website' : 'referral',
    });
  });
}

export function urlOf(id: string = documentedId): string {
  return `/api/v1/leads/${id}`;
}

/** What a client gives to fetch for a PATCH. */
export function aPatch(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'PATCH',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...headers },
  };
}
