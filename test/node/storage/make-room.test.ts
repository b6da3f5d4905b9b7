import { describe, expect, it, vi } from 'vitest';
import type { Lead } from '../../../src/index.ts';
import { aFailingStorage, aStorageToFail } from '../../builders/a-failing-storage.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice, type Device, soon, valuesOf } from '../../builders/a-leadbox.ts';
import { aLateStorage } from '../../builders/a-raw-database.ts';

const id = leadId(0);
const patch = { properties: { a: 1 } };

/** Leads of which each was changed a minute before the one before it: the first is the newest. */
function leadsByAge(count: number): Lead[] {
  const at = (minute: number) => new Date(Date.UTC(2025, 0, 1, 0, minute)).toISOString();
  return Array.from({ length: count }, (_, index) => aLead({ id: leadId(index), updated_at: at(count - index) }));
}

/** A device that is full for as many writes as it is told. */
async function aFullDevice(leads: readonly Lead[]) {
  const device = aDevice({ leads });
  /** How many of the next writes are refused, or which. */
  const disk: { refuses: number | boolean[] } = { refuses: 0 };
  const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) => {
    if (mode !== 'readwrite' || !tables.includes('outbox')) return undefined;
    const { refuses } = disk;
    const isRefused = typeof refuses === 'number' ? refuses > 0 : refuses.shift();
    if (typeof refuses === 'number' && refuses) disk.refuses = refuses - 1;
    return isRefused ? 'QuotaExceededError' : undefined;
  });
  const options = { autoSync: false, environment: { indexedDB } };
  const leadbox = await device.loadedTab(options);
  return { device, disk, options, leadbox };
}

/** The same, whose browser takes its time to give the room back. */
async function aSlowFullDevice() {
  const device = aDevice({ leads: leadsByAge(300) });
  const full = aStorageToFail(device.indexedDB, 'QuotaExceededError');
  const { indexedDB } = aLateStorage(full.indexedDB, 'leadbox-log:leadbox');
  const leadbox = await device.loadedTab({ autoSync: false, environment: { indexedDB } });
  full.fail();
  return { device, full, leadbox };
}

async function cached(device: Device): Promise<number[]> {
  const leads = await device.tab({ autoSync: false }).find();
  return leads.map((lead) => Number(lead.id.slice(-12)) - 446655440000);
}

describe('R48 where the device is full, an edit', () => {
  it('makes room and is stored: the leads changed the longest ago go', async () => {
    const { device, disk, leadbox } = await aFullDevice(leadsByAge(300));
    disk.refuses = 1;
    expect(await leadbox.patch(id, patch)).toMatchObject({ seq: 1 });
    const left = await cached(device);
    expect(left).toHaveLength(300 - 74);
    expect(left.at(-1)).toBe(225);
    expect(left.slice(0, 2)).toEqual([0, 1]);
  });

  it('never drops a lead that is observed, or that has an edit, pending or parked', async () => {
    const { device, disk, leadbox } = await aFullDevice(leadsByAge(40));
    valuesOf(leadbox.observe(leadId(1)));
    await leadbox.patch(leadId(2), patch);
    device.api.next(403);
    await leadbox.sync();
    await leadbox.patch(leadId(3), patch);
    disk.refuses = 1;
    await leadbox.patch(id, patch);
    expect(await cached(device)).toEqual([0, 1, 2, 3]);
    expect(await leadbox.status()).toMatchObject({ pending: 2, parked: 1 });
  });

  it('does not drop the very lead it edits, nor one that is edited with it', async () => {
    const { device, disk, leadbox } = await aFullDevice(leadsByAge(10));
    await leadbox.patch(leadId(9), patch);
    disk.refuses = 1;
    const edits = [1, 2].map((lead) => leadbox.patch(leadId(lead), patch));
    expect(await Promise.all(edits)).toMatchObject([{ seq: 2 }, { seq: 3 }]);
    expect(await cached(device)).toEqual([1, 2, 9]);
  });

  it('does not drop a lead whose edit stands in line', async () => {
    const { device, disk, leadbox } = await aFullDevice(leadsByAge(10));
    disk.refuses = 1;
    const edits = [1, 2, 3].map((lead) => leadbox.patch(leadId(lead), patch));
    expect(await Promise.all(edits)).toMatchObject([{ seq: 1 }, { seq: 2 }, { seq: 3 }]);
    expect(await cached(device)).toEqual([1, 2, 3]);
  });

  it('does not drop a lead that is edited, or observed, while room is being made', async () => {
    const device = aDevice({ leads: leadsByAge(10) });
    let writes = Number.NEGATIVE_INFINITY;
    const made: Promise<unknown>[] = [];
    const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) => {
      if (mode !== 'readwrite' || !tables.includes('outbox')) return undefined;
      writes += 1;
      if (writes === 2) {
        made.push(leadbox.patch(leadId(8), patch));
        valuesOf(leadbox.observe(leadId(9)));
      }
      return writes === 1 ? 'QuotaExceededError' : undefined;
    });
    const leadbox = await device.loadedTab({ autoSync: false, environment: { indexedDB } });
    writes = 0;
    await leadbox.patch(id, patch);
    expect(await Promise.all(made)).toMatchObject([{ leadId: leadId(8) }]);
    expect(await cached(device)).toEqual(expect.arrayContaining([0, 8, 9]));
  });

  it('does not drop a lead of its group when the edits of that are tried one by one', async () => {
    const { device, disk, leadbox } = await aFullDevice(leadsByAge(10));
    const first = leadbox.patch(leadId(9), patch);
    const edits = [1, 2, 3].map((lead) => leadbox.patch(leadId(lead), patch));
    await first;
    disk.refuses = 3; // the group, making room for it, and the first of them alone
    expect((await Promise.all(edits)).map(({ seq }) => seq > 1)).toEqual([true, true, true]);
    expect(await cached(device)).toEqual(expect.arrayContaining([1, 2, 3, 9]));
  });

  it('is refused, and shown no more, where there is no lead to drop', async () => {
    const { device, disk, leadbox } = await aFullDevice(leadsByAge(1));
    const seen = valuesOf(leadbox.observe(id));
    await vi.waitFor(() => expect(seen).toHaveLength(1), soon);
    disk.refuses = 5;
    await expect(leadbox.patch(id, patch)).rejects.toMatchObject({ code: 'storage-full' });
    expect(seen.map((state) => state?.lead.properties)).toEqual([
      seen[0]?.lead.properties,
      { ...seen[0]?.lead.properties, a: 1 },
      seen[0]?.lead.properties,
    ]);
    expect(await cached(device)).toEqual([0]);
    disk.refuses = 0;
    expect(await leadbox.patch(id, patch)).toMatchObject({ seq: 1 });
  });

  it('gives up no more leads within ten seconds where that did not help', async () => {
    const { device, disk, leadbox } = await aFullDevice(leadsByAge(300));
    const refused = async () => {
      // The edit, and once more after room was made, which works.
      disk.refuses = [true, false, true];
      await expect(leadbox.patch(id, patch)).rejects.toMatchObject({ code: 'storage-full' });
      return (await cached(device)).length;
    };
    const left = await refused();
    expect(left).toBeLessThan(300);
    expect(await refused()).toBe(left);
    await device.clock.advance(10_000);
    expect(await refused()).toBeLessThan(left);
  });

  it('waits no longer than five seconds for the browser to give the room back', async () => {
    const { device, leadbox } = await aSlowFullDevice();
    const stored = vi.fn();
    void leadbox.patch(id, patch).then(stored);
    await device.clock.advance(4_900);
    expect(stored).not.toHaveBeenCalled();
    await device.clock.advance(200);
    await vi.waitFor(() => expect(stored).toHaveBeenCalled(), soon);
  });

  it('leaves no timer behind where the leadbox is closed meanwhile', async () => {
    const { device, full, leadbox } = await aSlowFullDevice();
    const loading = leadbox.load(leadsByAge(1)).catch(() => {});
    await vi.waitFor(() => expect(full.isToFail()).toBe(false), soon);
    await device.rest();
    expect(device.clock.pending).toBeGreaterThan(0);
    await leadbox.close();
    await loading;
    expect(device.clock.pending).toBe(0);
  });

  it('is refused where the room made was not enough', async () => {
    const { disk, leadbox } = await aFullDevice(leadsByAge(3));
    const refusing = leadbox.patch(id, patch);
    await refusing;
    disk.refuses = 1;
    const edit = leadbox.patch(id, { properties: { a: 2 } });
    await edit;
    disk.refuses = 9;
    await expect(leadbox.patch(id, { properties: { a: 3 } })).rejects.toMatchObject({ code: 'storage-full' });
    disk.refuses = 0;
    expect((await leadbox.get(id))?.lead.properties).toMatchObject({ a: 2 });
  });

  it('that is too big takes no other edit of its group with it', async () => {
    const device = aDevice({ leads: leadsByAge(2) });
    let writes = 9;
    const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) => {
      if (mode !== 'readwrite' || !tables.includes('outbox')) return undefined;
      writes += 1;
      // First an edit that lets the others gather. Then their group, in vain room for it, the first of them alone, in
      // vain room for that; then the other.
      return writes === 2 || writes === 4 ? 'QuotaExceededError' : undefined;
    });
    const leadbox = await device.loadedTab({ autoSync: false, environment: { indexedDB } });
    valuesOf(leadbox.observe(id));
    valuesOf(leadbox.observe(leadId(1)));
    await device.rest();
    writes = 0;
    const ids = [leadId(1), id, leadId(1)];
    const edits = ids.map((lead, n) => leadbox.patch(lead, { properties: { n } }));
    const [, big, small] = await Promise.allSettled(edits);
    expect(writes).toBe(6);
    expect(small).toMatchObject({ status: 'fulfilled' });
    expect(big?.status === 'rejected' ? big.reason : big).toMatchObject({ code: 'storage-full' });
  });

  it('keeps what another tab observes: that one puts it back', async () => {
    const { device, disk, options, leadbox } = await aFullDevice(leadsByAge(5));
    const other = device.tab(options);
    const seen = valuesOf(other.observe(leadId(1)));
    const gone = valuesOf(leadbox.observeAll());
    await device.rest();
    disk.refuses = 1;
    await leadbox.patch(id, patch);
    await device.rest();
    expect(await cached(device)).toEqual([0, 1]);
    expect(seen.map((state) => state?.lead.id)).toEqual([leadId(1)]);
    expect(gone.at(-1)?.map((lead) => lead.id)).toEqual([leadId(0), leadId(1)]);
  });

  it('starts no endless exchange between two tabs that each observe what the other drops', async () => {
    const device = aDevice({ leads: leadsByAge(3) });
    let writes = 0;
    let isFull = false;
    /** Where every write fits only after something was dropped. */
    const aTab = () => {
      let ofTab = 0;
      const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) => {
        if (!isFull || mode !== 'readwrite' || !tables.includes('outbox')) return undefined;
        writes += 1;
        ofTab += 1;
        return ofTab % 3 === 1 ? 'QuotaExceededError' : undefined;
      });
      return { autoSync: false, environment: { indexedDB } };
    };
    const leadbox = await device.loadedTab(aTab());
    const other = device.tab(aTab());
    valuesOf(leadbox.observe(leadId(1)));
    valuesOf(other.observe(leadId(2)));
    await device.rest();
    isFull = true;
    await leadbox.patch(id, patch);
    for (let times = 0; times < 5; times += 1) await device.rest();
    expect(writes).toBeLessThan(10);
  });
});

describe('R48 where the device is full, load', () => {
  it('makes room for the leads it brings', async () => {
    const { device, disk, leadbox } = await aFullDevice(leadsByAge(3));
    disk.refuses = 1;
    await leadbox.load([aLead({ id: leadId(9) })]);
    expect(await cached(device)).toEqual([9]);
  });

  it('puts no older lead in the place of a newer one that went for it', async () => {
    const { device, disk, leadbox } = await aFullDevice(leadsByAge(3));
    disk.refuses = 1;
    await leadbox.load([aLead({ id, updated_at: '2024-01-01T00:00:00Z', code: 'old' }), aLead({ id: leadId(9) })]);
    expect((await leadbox.get(id))?.lead.code).not.toBe('old');
    expect(await cached(device)).toEqual([0, 9]);
  });
});
