import { describe, expect, it } from 'vitest';
import { aFailingStorage, aStorageToFail } from '../../builders/a-failing-storage.ts';
import { aLead, leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, valuesOf } from '../../builders/a-leadbox.ts';

const id = leadId(0);

describe('storage', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('opens in two tabs that find no database, %i tasks apart', async (gap) => {
    const device = aDevice();
    const first = device.tab().load([aLead()]);
    for (let task = 0; task < gap; task += 1) await new Promise((resolve) => setImmediate(resolve));
    const outcomes = await Promise.allSettled([first, device.tab().load([aLead()])]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  });

  it('R47 finds again once the connection of queries can be opened', async () => {
    const device = aDevice();
    let isBroken = false;
    const indexedDB = new Proxy(device.indexedDB, {
      get(target, name) {
        if (name === 'open' && isBroken) throw new DOMException('The storage is shut.', 'SecurityError');
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const leadbox = await device.loadedTab({ autoSync: false, environment: { indexedDB } });
    isBroken = true;
    await expect(leadbox.find()).rejects.toMatchObject({ code: 'storage-unavailable' });
    isBroken = false;
    expect(await leadbox.find()).toHaveLength(1);
  });

  it('R47 gives up at the third connection that is lost, and goes on with the next call', async () => {
    const device = aDevice();
    let lost = 0;
    let isBroken = false;
    const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) => {
      if (!isBroken || mode !== 'readwrite' || !tables.includes('outbox')) return undefined;
      lost += 1;
      return 'lost';
    });
    const leadbox = await device.loadedTab({ autoSync: false, environment: { indexedDB } });
    isBroken = true;
    await expect(leadbox.patch(id, { properties: { x: 1 } })).rejects.toMatchObject({ code: 'storage-unavailable' });
    expect(lost).toBe(3);
    isBroken = false;
    await leadbox.patch(id, { properties: { x: 2 } });
    expect(await leadbox.sync()).toMatchObject({ synced: 1, pending: 0 });
  });

  it('R47 repeats everything that ran on a connection that is lost', async () => {
    const device = aDevice();
    let isLost = false;
    const indexedDB = aFailingStorage(device.indexedDB, (tables) => {
      if (!isLost || !tables.includes('outbox')) return undefined;
      isLost = false;
      return 'lost';
    });
    const leadbox = await device.loadedTab({ environment: { indexedDB } });
    const errors: unknown[] = [];
    leadbox.observe(id).subscribe({ error: (error) => errors.push(String(error)) });
    leadbox.observeStatus().subscribe({ error: (error) => errors.push(String(error)) });
    await device.rest();
    isLost = true;
    device.becomeVisible();
    await leadbox.patch(id, { properties: { x: 1 } });
    await device.rest();
    expect(errors).toEqual([]);
  });

  it.each([
    ['readonly', 'UnknownError'],
    ['readwrite', 'UnknownError'],
    ['readwrite', 'TimeoutError'],
  ] as const)(
    'R47 repeats a %s transaction that ends with %s, as when the connection was lost or the device slept',
    async (mode, fault) => {
      const device = aDevice();
      const { indexedDB, fail, isToFail } = aStorageToFail(device.indexedDB, fault, { mode });
      const leadbox = await device.loadedTab({ autoSync: false, environment: { indexedDB } });
      fail();
      if (mode === 'readwrite') await leadbox.patch(id, { properties: { x: 1 } });
      else expect(await leadbox.get(id)).toMatchObject({ pending: 0 });
      expect(isToFail()).toBe(false);
      expect((await leadbox.outbox.pending()).length).toBe(mode === 'readwrite' ? 1 : 0);
    },
  );

  it('R1 does not call an edit unchanged because of one that is shown but never stored', async () => {
    const device = aDevice();
    let isBroken = false;
    const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) =>
      isBroken && mode === 'readwrite' && tables.includes('outbox') ? 'UnknownError' : undefined,
    );
    const leadbox = await device.loadedTab({ environment: { indexedDB } });
    valuesOf(leadbox.observe(id));
    await device.rest();
    isBroken = true;
    const twice = [1, 2].map(() => leadbox.patch(id, { properties: { x: 1 } }));
    const outcomes = await Promise.allSettled(twice);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('R68 counts an edit once while it is read back', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ autoSync: false });
    const seen = valuesOf(leadbox.observe(id));
    await device.rest();
    for (let edit = 1; edit <= 5; edit += 1) {
      const stored = leadbox.patch(id, { properties: { x: edit } });
      device.becomeVisible();
      await stored;
      await device.rest();
      expect(Math.max(...seen.map((state) => state?.pending ?? 0))).toBe(edit);
    }
  });

  it('reads wait for the edits made before them and for no others', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ autoSync: false });
    let edits = 0;
    await leadbox.patch(id, { properties: { x: 0 } });
    const read = leadbox.get(id).then(() => edits);
    for (; edits < 100; edits += 1) await leadbox.patch(id, { properties: { x: edits } });
    expect(await read).toBeLessThan(50);
  });

  it('R58 keeps the identity of a lead that its edit moved in an ordered query', async () => {
    const device = aDevice({ leads: someLeads(3) });
    const leadbox = await device.loadedTab({ autoSync: false, indexes: ['properties.rank'] });
    for (let lead = 0; lead < 3; lead += 1) await leadbox.patch(leadId(lead), { properties: { rank: lead } });
    const seen = valuesOf(leadbox.observeAll((leads) => leads.orderBy('properties.rank')));
    await device.rest();
    await leadbox.patch(leadId(0), { properties: { rank: 9 } });
    const shown = seen.at(-1)?.find((lead) => lead.id === leadId(0));
    await device.rest();
    expect(seen.at(-1)?.map((lead) => lead.id)).toEqual([leadId(1), leadId(2), leadId(0)]);
    expect(seen.at(-1)?.at(-1)).toBe(shown);
  });
});
