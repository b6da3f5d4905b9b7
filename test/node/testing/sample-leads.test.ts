import { expect, it } from 'vitest';
import { checkedLeads } from '../../../src/model/lead-schema.ts';
import { createFakeLeadApi, createSampleLeads } from '../../../src/testing.ts';

it('gives as many leads as asked for, each valid and with an id and a code of its own', () => {
  const leads = createSampleLeads(5_000);
  expect(checkedLeads(leads)).toHaveLength(5_000);
  expect(new Set(leads.map(({ id }) => id)).size).toBe(5_000);
  expect(new Set(leads.map(({ code }) => code)).size).toBe(5_000);
  expect(createSampleLeads(0)).toEqual([]);
});

it('gives the same leads in every run, fewer being the first of more, and others for another seed', () => {
  expect(createSampleLeads(10)).toEqual(createSampleLeads(40).slice(0, 10));
  expect(createSampleLeads(10)).toEqual(createSampleLeads(10, { seed: 1 }));
  expect(createSampleLeads(10, { seed: 2 })).not.toEqual(createSampleLeads(10));
});

it('gives leads of every status, with and without company, session and summary', () => {
  const leads = createSampleLeads(200);
  const statuses = new Set(leads.map(({ properties }) => properties?.status));
  expect(statuses).toEqual(new Set(['new', 'contacted', 'qualified', 'won', 'lost']));
  for (const member of ['company_id', 'session_id', 'identity_id', 'summary'] as const) {
    expect(new Set(leads.map((lead) => lead[member] === null))).toEqual(new Set([true, false]));
  }
});

it('fills the members that a list shows', () => {
  for (const { properties, location, summary, company_id } of createSampleLeads(100)) {
    expect(properties).toMatchObject({
      name: expect.stringMatching(/^\w+ \w+$/),
      email: expect.stringMatching(/^\w+\.\w+@example\.com$/),
      phone: expect.stringMatching(/^\+1 555 01\d\d$/),
      score: expect.any(Number),
    });
    expect(location).toEqual({ city: expect.any(String), country: expect.any(String) });
    expect(summary === null || typeof summary.notes === 'string').toBe(true);
    expect(company_id === null).toBe(properties?.company === null);
  }
});

it('orders leads by creation, none updated before it was created', () => {
  const leads = createSampleLeads(100);
  const created = leads.map(({ created_at }) => created_at);
  expect(created).toEqual([...created].sort());
  for (const { created_at, updated_at } of leads) expect(updated_at >= created_at).toBe(true);
});

it('gives leads that share no objects', () => {
  const leads = createSampleLeads(100);
  expect(new Set(leads.map(({ location }) => location)).size).toBe(100);
});

it('gives what the fake API starts with', () => {
  const leads = createSampleLeads(3);
  expect(JSON.stringify(createFakeLeadApi({ leads }).leads())).toBe(JSON.stringify(leads));
});
