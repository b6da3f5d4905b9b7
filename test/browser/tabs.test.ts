import { describe, expect, it } from 'vitest';
import { aLead, leadId, someLeads } from '../builders/a-lead.ts';
import { aLeadbox, aName, openFrame, openTab, patiently, valuesOf } from './a-page.ts';
import { aServer } from './a-server.ts';
import { demandSilence } from './silence.ts';

const id = leadId(0);
const score = { properties: { score: 90 } };
const synced = { state: 'synced', pending: 0, parked: 0 };
const unsent = { autoSync: false };

demandSilence();

describe.each([
  ['a second tab', openTab],
  ['a frame', openFrame],
])('%s of the same origin', (_, open) => {
  it('R39 sees the edits of this one, and one PATCH is sent', async () => {
    const server = await aServer({ leads: [aLead()] });
    const options = { name: aName(), baseUrl: server.baseUrl };
    const here = aLeadbox(options);
    await here.load([aLead()]);
    const there = await open(options);
    const seenThere = valuesOf(there.leadbox.observe(id));
    const listThere = valuesOf(there.leadbox.observeAll());
    const statusThere = valuesOf(there.leadbox.observeStatus());
    await expect.poll(() => [seenThere.length, listThere.length], patiently).toEqual([1, 1]);

    const { settled } = await here.patch(id, score);
    await expect.poll(() => seenThere.at(-1), patiently).toMatchObject({ lead: score });
    await expect.poll(() => listThere.at(-1), patiently).toMatchObject([score]);
    expect(await settled).toMatchObject({ outcome: 'synced', lead: score });
    await expect.poll(() => seenThere.at(-1), patiently).toMatchObject({ pending: 0, lead: score });
    await expect.poll(() => statusThere.at(-1), patiently).toMatchObject(synced);
    expect((await here.get(id))?.lead).toEqual(await server.lead(id));
    expect(seenThere.at(-1)?.lead).toEqual(await server.lead(id));
    expect((await server.patches()).map(({ text }) => text)).toEqual([JSON.stringify(score)]);
  });

  it('R40 tells this one how its edit ended, when the other sent it', async () => {
    const server = await aServer({ leads: someLeads(2) });
    const options = { name: aName(), baseUrl: server.baseUrl };
    const here = aLeadbox({ ...options, ...unsent });
    await here.load(someLeads(2));
    await server.next(422);
    await open(options);
    const refused = await here.patch(leadId(0), { properties: { score: 101 } });
    expect(await refused.settled).toMatchObject({ outcome: 'parked', edit: { seq: refused.seq, reason: 'rejected' } });
    const taken = await here.patch(leadId(1), score);
    expect(await taken.settled).toMatchObject({ outcome: 'synced', lead: { id: leadId(1), ...score } });
    expect(await here.status()).toMatchObject({ pending: 0, parked: 1 });
    expect(await server.patches()).toHaveLength(2);
  });

  it('R39 sends what this one leaves behind in the middle of a request, the same bytes', async () => {
    const server = await aServer({ leads: [aLead()] });
    const options = { name: aName(), baseUrl: server.baseUrl };
    const here = aLeadbox(options);
    await here.load([aLead()]);
    await server.next('hang');
    await here.patch(id, score);
    await expect.poll(() => server.patches(), patiently).toHaveLength(1);
    const there = await open(options);
    const later = await there.leadbox.patch(id, { location: { city: 'Reno' } });
    await here.close();
    expect(await later.settled).toMatchObject({ outcome: 'synced' });
    expect((await server.patches()).map(({ text }) => text)).toEqual([
      JSON.stringify(score),
      JSON.stringify(score),
      '{"location":{"city":"Reno"}}',
    ]);
  });

  it('R14 edits the same lead at the same time, and everything arrives once and in order', async () => {
    const server = await aServer({ leads: [aLead()] });
    await server.set({ latency: 5 });
    const options = { name: aName(), baseUrl: server.baseUrl };
    const here = aLeadbox(options);
    await here.load([aLead()]);
    const pages = [here, (await open(options)).leadbox, (await open(options)).leadbox];
    const edits = [];
    for (let n = 0; n < 30; n += 1) {
      for (const [page, leadbox] of pages.entries())
        edits.push(leadbox.patch(id, { properties: { [`page${page}`]: n } }));
    }
    const made = await Promise.all(edits);
    expect(new Set(made.map(({ seq }) => seq)).size).toBe(90);
    for (const { settled } of made) expect(await settled).toMatchObject({ outcome: 'synced' });
    const end = { properties: { ...aLead().properties, page0: 29, page1: 29, page2: 29 } };
    expect(await server.lead(id)).toMatchObject(end);
    for (const leadbox of pages) {
      expect(await leadbox.get(id)).toMatchObject({ pending: 0, lead: end });
      expect(await leadbox.status()).toMatchObject(synced);
    }
    // A value that goes down again would have overtaken a later one.
    const sent = (await server.patches()).map(({ text }) => JSON.parse(text).properties as Record<string, number>);
    for (const page of ['page0', 'page1', 'page2']) {
      const values = sent.flatMap((properties) => properties[page] ?? []);
      expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
    }
  });

  it('pauses and resumes with this one', async () => {
    const server = await aServer({ leads: [aLead()] });
    const options = { name: aName(), baseUrl: server.baseUrl };
    const here = aLeadbox(options);
    await here.load([aLead()]);
    const there = await open(options);
    await here.pause();
    await expect.poll(() => there.leadbox.status(), patiently).toMatchObject({ state: 'paused' });
    const { settled } = await there.leadbox.patch(id, score);
    expect(await there.leadbox.sync()).toMatchObject({ pending: 1, waitingFor: 'paused' });
    expect(await server.requests()).toEqual([]);
    await there.leadbox.resume();
    expect(await settled).toMatchObject({ outcome: 'synced' });
    await expect.poll(() => here.status(), patiently).toMatchObject(synced);
  });
});

describe('R46 two leadboxes of one name in a page', () => {
  it('show, settle and send together, and one works on when the other is closed', async () => {
    const server = await aServer({ leads: [aLead()] });
    const options = { name: aName(), baseUrl: server.baseUrl };
    const first = aLeadbox(options);
    const second = aLeadbox(options);
    await first.load([aLead()]);
    const seen = valuesOf(second.observe(id));
    await expect.poll(() => seen.at(-1), patiently).toMatchObject({ pending: 0 });

    const one = await first.patch(id, score);
    await expect.poll(() => seen.at(-1), patiently).toMatchObject({ lead: score });
    expect(await one.settled).toMatchObject({ outcome: 'synced' });
    await first.close();
    const two = await second.patch(id, { location: { city: 'Reno' } });
    expect(await two.settled).toMatchObject({ outcome: 'synced' });
    await expect(first.patch(id, score)).rejects.toMatchObject({ code: 'closed' });
    expect((await server.patches()).map(({ text }) => text)).toEqual([
      JSON.stringify(score),
      '{"location":{"city":"Reno"}}',
    ]);
    expect(await second.status()).toMatchObject(synced);
  });
});

describe('two leadboxes of different names', () => {
  it('share nothing', async () => {
    const server = await aServer({ leads: [aLead()] });
    const first = aLeadbox({ baseUrl: server.baseUrl });
    const second = aLeadbox({ baseUrl: server.baseUrl });
    await first.load([aLead()]);
    await first.pause();
    await first.patch(id, score);
    expect(await second.find()).toEqual([]);
    expect(await second.status()).toMatchObject(synced);
    await expect(second.patch(id, score)).rejects.toMatchObject({ code: 'lead-not-cached' });
  });
});
