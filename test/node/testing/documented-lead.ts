import type { Lead } from '../../../src/model/lead.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';

export { aLead };

export const documentedId: string = leadId(0);

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
