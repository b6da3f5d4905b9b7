import { describe, expect, it } from 'vitest';
import { createFakeLeadApi, createSampleLeads } from '../../src/testing.ts';
import { aLead, leadId, someLeads } from '../builders/a-lead.ts';
import { aLeadbox, aName } from './a-page.ts';
import { demandSilence } from './silence.ts';

const unsent = { autoSync: false, persist: false };
const score = { properties: { score: 90 } };

/** In the page: a thousand leads are more than a request of the test's own server may hold. */
function aServerOf(count: number) {
  const api = createFakeLeadApi({ leads: someLeads(count) });
  return { api, environment: { fetch: api.fetch } };
}

demandSilence();

describe('R52 with 100,000 cached leads', () => {
  it('an edit is stored, shown and sent', async () => {
    const { api, environment } = aServerOf(1);
    const leadbox = aLeadbox({ environment, indexes: ['code'], ...unsent });
    const many = createSampleLeads(100_000);
    for (let at = 0; at < many.length; at += 5_000) await leadbox.load(many.slice(at, at + 5_000));
    await leadbox.load([aLead({ code: 'lead_000' })]);
    const { settled } = await leadbox.patch(leadId(0), score);
    expect(await leadbox.find((leads) => leads.orderBy('code').limit(1))).toMatchObject([{ id: leadId(0), ...score }]);
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
    expect(await settled).toMatchObject({ outcome: 'synced' });
    expect(api.requests).toMatchObject([{ method: 'PATCH', text: JSON.stringify(score) }]);
    expect(await leadbox.find((leads) => leads.offset(99_999))).toHaveLength(2);
  }, 60_000);
});

describe('R52 with 10,000 pending edits', () => {
  it.each([10, 1_000])(
    'of %d leads, a new start counts them all and sends each lead’s as one request',
    async (count) => {
      const { api, environment } = aServerOf(count);
      const options = { name: aName(), environment, ...unsent };
      const before = aLeadbox(options);
      await before.load(api.leads());
      await Promise.all(
        Array.from({ length: 10_000 }, (_, n) => before.patch(leadId(n % count), { properties: { [`n${n % 7}`]: n } })),
      );
      await before.close();

      const after = aLeadbox(options);
      expect(await after.status()).toMatchObject({ pending: 10_000, parked: 0 });
      expect(await after.sync()).toMatchObject({ synced: 10_000, pending: 0 });
      expect(await after.status()).toMatchObject({ state: 'synced', pending: 0 });
      expect(api.requests).toHaveLength(count);
      const last = { properties: { [`n${9_999 % 7}`]: 9_999 } };
      expect(api.lead(leadId(count - 1))).toMatchObject(last);
      expect(await after.get(leadId(count - 1))).toMatchObject({ pending: 0, lead: last });
    },
    60_000,
  );
});
