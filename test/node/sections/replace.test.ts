import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { JsonObject, LeadboxEvent, LeadboxOptions } from '../../../src/index.ts';
import { type JsonValue, jsonEqual } from '../../../src/model/json.ts';
import { asJson, type Lead } from '../../../src/model/lead.ts';
import { applyToLead } from '../../../src/model/lead-change.ts';
import { wholeSections } from '../../../src/model/sections.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice, soon } from '../../builders/a-leadbox.ts';
import { jsonObjects } from '../../builders/json-values.ts';

const id = leadId(0);

describe('R30 in replace', () => {
  it('the lead is fetched, and each touched section is sent whole on top of it', async () => {
    const { device, leadbox } = await aTab({ a: 0, b: [1], c: { x: 1, y: 2 }, d: 1 });
    await leadbox.patch(id, { properties: { a: 1, c: { x: null }, d: null }, summary: { notes: 'typed' } });
    device.api.change(id, { properties: { theirs: [null] } });
    await leadbox.sync();
    expect(device.api.requests.map(({ method }) => method)).toEqual(['GET', 'PATCH']);
    expect(device.attempts.map(({ body }) => body)).toEqual([
      { properties: { a: 1, b: [1], c: { y: 2 }, theirs: [null] }, summary: { notes: 'typed' } },
    ]);
    expect(device.api.lead(id)).toMatchObject({ location: { city: 'San Francisco', country: 'USA' } });
  });

  it('deletions are really gone, no null is stored in their place', async () => {
    const { device, leadbox } = await aTab({ a: 0, b: { c: 1, d: 2 } });
    await leadbox.patch(id, { properties: { a: null, b: { c: null } }, location: null, company_id: null });
    await leadbox.sync();
    expect(device.api.lead(id)).toMatchObject({ location: null, company_id: null });
    expect(device.api.lead(id)?.properties).toEqual({ b: { d: 2 } });
  });

  it('R32 a deletion that the server did not take is told: it merges after all', async () => {
    const events: LeadboxEvent[] = [];
    const device = aDevice({ leads: [aLead({ properties: { a: 0, b: 0 } })] });
    const onEvent = (event: LeadboxEvent) => void events.push(event);
    const leadbox = await device.loadedTab({ autoSync: false, sections: 'replace', onEvent });
    await leadbox.patch(id, { properties: { a: null, b: 1 } });
    await leadbox.sync();
    expect(events.filter(({ type }) => type === 'server-differs')).toEqual([
      { type: 'server-differs', leadId: id, paths: [['properties', 'a']] },
    ]);
    expect((await leadbox.get(id))?.lead.properties).toEqual({ a: 0, b: 1 });
  });

  it('whole sections give the lead that the merge patch gives a merging server', () => {
    const sections = fc.record({
      properties: jsonObjects(),
      location: fc.option(jsonObjects()),
      summary: fc.option(jsonObjects()),
    });
    const patches = fc.record(
      { properties: fc.option(jsonObjects()), location: jsonObjects(), summary: jsonObjects() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(sections, patches, (before, patch) => {
        const lead: Lead = aLead(before);
        const replaced = { ...asJson(lead), ...wholeSections(lead, patch as JsonObject) };
        expect(jsonEqual(replaced, applyToLead(lead, patch as JsonObject))).toBe(true);
      }),
    );
  });

  it.each(['network-error', 'lost-answer', 503, 'hang'] as const)(
    'a batch that met %s is made anew on a fresh lead: what others did meanwhile stays',
    async (fault) => {
      const { device, leadbox, onConflict } = await aTab({ a: 0, b: 0 }, { timeout: 1_000 });
      await leadbox.patch(id, { properties: { a: 1 } });
      failOnce(device, fault);
      const sending = leadbox.sync();
      await device.clock.advance(1_000);
      await sending;
      device.api.change(id, { properties: { b: 'theirs' } });
      await leadbox.patch(id, { properties: { a: 2 } });
      await device.clock.advance(60_000);
      expect(await leadbox.sync()).toMatchObject({ synced: 2, pending: 0, parked: 0 });
      expect(device.api.lead(id)?.properties).toEqual({ a: 2, b: 'theirs' });
      expect(onConflict).not.toHaveBeenCalled();
    },
  );

  it('R17 one that may still arrive is waited for, in the next page too', async () => {
    const { device, leadbox, options } = await aTab({ a: 0, b: 0 }, { timeout: 10_000 });
    await leadbox.patch(id, { properties: { a: 1 } });
    let arrive: (() => Promise<unknown>) | undefined;
    device.intercept = ({ text, headers }) => {
      device.intercept = undefined;
      arrive = () => device.api.fetch(`/api/v1/leads/${id}`, { method: 'PATCH', headers, body: text });
      return new Promise(() => {});
    };
    void leadbox.sync();
    await vi.waitFor(() => expect(device.attempts).toHaveLength(1), soon);
    await leadbox.close();

    const reloaded = device.tab({ ...options, autoSync: true });
    const [sent] = await reloaded.outbox.pending();
    await expect(reloaded.outbox.discard(sent?.seq ?? 0)).rejects.toMatchObject({ code: 'edit-in-flight' });
    await reloaded.patch(id, { properties: { b: 1 } });
    await device.clock.advance(5_000);
    await reloaded.sync();
    expect(device.attempts).toHaveLength(1);
    await arrive?.();
    await device.clock.advance(40_000);
    expect(await reloaded.status()).toMatchObject({ pending: 0 });
    expect(device.api.lead(id)?.properties).toEqual({ a: 1, b: 1 });
  });

  it('a lead that is gone when the batch is made anew is parked, and nothing stays behind', async () => {
    const { device, leadbox } = await aTab({ a: 0 });
    await leadbox.patch(id, { properties: { a: 1 } });
    failOnce(device, 503);
    await leadbox.sync();
    device.api.next(404);
    expect(await leadbox.sync()).toMatchObject({ pending: 0, parked: 1 });
    expect(await leadbox.outbox.parked()).toMatchObject([{ reason: 'gone' }]);
    expect((await leadbox.get(id))?.lead.properties).toEqual({ a: 0 });
  });

  it('R36 both changed one path: onConflict decides', async () => {
    const { device, leadbox, onConflict } = await aTab({ a: 0, b: 0 });
    onConflict.mockReturnValue('theirs');
    await leadbox.patch(id, { properties: { a: 1, b: 1 } });
    device.api.change(id, { properties: { a: 2 } });
    await leadbox.sync();
    expect(onConflict.mock.calls).toEqual([[{ leadId: id, path: ['properties', 'a'], base: 0, mine: 1, theirs: 2 }]]);
    expect(device.api.lead(id)?.properties).toEqual({ a: 2, b: 1 });
  });
});

async function aTab(properties: { [key: string]: JsonValue }, more: LeadboxOptions = {}) {
  const device = aDevice({ leads: [aLead({ properties })], sections: 'replace' });
  const onConflict = vi.fn((_: unknown): 'mine' | 'theirs' => 'mine');
  const options: LeadboxOptions = { autoSync: false, sections: 'replace', onConflict, ...more };
  return { device, leadbox: await device.loadedTab(options), onConflict, options };
}

/** The next PATCH, not the look before it. */
function failOnce(device: ReturnType<typeof aDevice>, fault: 'network-error' | 'lost-answer' | 'hang' | 503): void {
  device.intercept = () => {
    device.intercept = undefined;
    device.api.next(fault);
    return undefined;
  };
}
