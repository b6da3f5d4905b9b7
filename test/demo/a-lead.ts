import type { Lead } from '../../src/index.ts';
import { createSampleLeads } from '../../src/testing.ts';

/** One lead as a server gives it. */
export function aLead(): Lead {
  const [lead] = createSampleLeads(1);
  if (!lead) throw new Error('One lead was asked for.');
  return { ...lead, properties: { ...lead.properties, name: 'Ada Ashby' } };
}
