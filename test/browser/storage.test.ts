import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { cdp } from 'vitest/browser';
import type { LeadboxEvent, Settlement } from '../../src/index.ts';
import { createSampleLeads } from '../../src/testing.ts';
import { aLead, leadId, someLeads } from '../builders/a-lead.ts';
import { aConnection, aLeadbox, aName, done, patiently, rowsOf, valuesOf } from './a-page.ts';
import { aServer } from './a-server.ts';
import { demandSilence, expectTraces } from './silence.ts';

const id = leadId(0);
const unsent = { autoSync: false };
const score = { properties: { score: 90 } };

demandSilence();

describe('R1 an edit that resolved', () => {
  it('is there for any other connection', async () => {
    const name = aName();
    const leadbox = aLeadbox({ name, ...unsent });
    await leadbox.load([aLead()]);
    const other = await aConnection(name);
    const { seq } = await leadbox.patch(id, score);
    const stores = other.transaction(['outbox', 'leads']);
    expect(await done(stores.objectStore('outbox').getAll())).toMatchObject([{ seq, leadId: id, patch: score }]);
    expect(await done(stores.objectStore('leads').get(id))).toMatchObject(score);
  });

  it('waited for the transaction to be complete, not for its requests', async () => {
    const writes = watchWrites();
    const leadbox = aLeadbox(unsent);
    await leadbox.load([aLead()]);
    writes.length = 0;
    await leadbox.patch(id, score);
    expect(writes).toMatchObject([{ isComplete: true }]);
  });

  it.each([
    ['strict', {}],
    ['strict', { durability: 'strict' }],
    ['relaxed', { durability: 'relaxed' }],
  ] as const)('was written with durability %s where the options are %o', async (durability, options) => {
    const writes = watchWrites();
    const leadbox = aLeadbox({ ...unsent, ...options });
    await leadbox.load([aLead()]);
    await leadbox.patch(id, score);
    expect(writes.map((write) => write.durability)).toEqual([durability, durability]);
  });

  it('R4 shared its transaction with the edits that were made while another was open', async () => {
    const leadbox = aLeadbox(unsent);
    await leadbox.load(someLeads(20));
    const writes = watchWrites();
    const edits = Array.from({ length: 200 }, (_, n) => leadbox.patch(leadId(n % 20), { properties: { n } }));
    const seqs = (await Promise.all(edits)).map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(new Set(seqs).size).toBe(200);
    expect(writes.length).toBeLessThan(5);
  });
});

describe('R75 an index', () => {
  it('is needed by a query', async () => {
    const leadbox = aLeadbox({ indexes: ['properties.status'], ...unsent });
    await leadbox.load([aLead(), aLead({ id: leadId(1), properties: { status: 'won' } })]);
    const won = await leadbox.find((leads) => leads.where('properties.status').equals('won'));
    expect(won.map((lead) => lead.id)).toEqual([leadId(1)]);
    await expect(leadbox.find((leads) => leads.where('properties.score').equals(1))).rejects.toMatchObject({
      code: 'not-indexed',
      message: expect.stringContaining('indexes'),
    });
    const errors: unknown[] = [];
    leadbox.observeAll((leads) => leads.orderBy('updated_at')).subscribe({ error: (error) => errors.push(error) });
    await expect.poll(() => errors, patiently).toMatchObject([{ code: 'not-indexed' }]);
    expectTraces(/^trace: SchemaError.*properties\.score/, /^trace: SchemaError.*updated_at/);
  });

  it('is added to a database that has leads and edits, and nothing is lost', async () => {
    const name = aName();
    const before = aLeadbox({ name, ...unsent });
    await before.load([aLead(), aLead({ id: leadId(1), properties: { status: 'won' } })]);
    await before.patch(id, { properties: { status: 'won' } });
    await before.close();
    const rows = await rowsOf(name);

    const after = aLeadbox({ name, indexes: ['properties.status', 'updated_at'], ...unsent });
    const won = await after.find((leads) => leads.where('properties.status').equals('won'));
    expect(won.map((lead) => lead.id)).toEqual([leadId(0), leadId(1)]);
    expect(await rowsOf(name)).toEqual(rows);
    await after.patch(leadId(1), { properties: { status: 'lost' } });
    await after.close();

    const without = aLeadbox({ name, ...unsent });
    expect(await without.status()).toMatchObject({ pending: 2 });
    const again = aLeadbox({ name, indexes: ['properties.status'], ...unsent });
    expect(await again.find((leads) => leads.where('properties.status').equals('lost'))).toHaveLength(1);
    expect(await without.patch(id, { properties: { status: 'new' } })).toMatchObject({ seq: 3 });
  });

  it('is added by two tabs that start at the same time, and both work', async () => {
    const name = aName();
    const before = aLeadbox({ name, ...unsent });
    await before.load([aLead()]);
    await before.close();
    const tabs = [1, 2].map(() => aLeadbox({ name, indexes: ['updated_at'], ...unsent }));
    await Promise.all(tabs.map((tab, n) => tab.patch(id, { properties: { [`tab${n}`]: true } })));
    for (const tab of tabs) {
      const found = await tab.find((leads) => leads.orderBy('updated_at'));
      expect(found).toMatchObject([{ properties: { tab0: true, tab1: true } }]);
    }
  });

  it('R50 that a newer version of the app adds takes the database away from the older one, which says so', async () => {
    const name = aName();
    const events: LeadboxEvent[] = [];
    const old = aLeadbox({ name, ...unsent, onEvent: (event) => events.push(event) });
    await old.load([aLead()]);
    await old.patch(id, score);
    const updated = aLeadbox({ name, indexes: ['updated_at'], ...unsent });
    expect(await updated.status()).toMatchObject({ pending: 1 });
    expect(await old.status()).toMatchObject({ state: 'waiting', waitingFor: 'update', pending: 1 });
    expect(events).toContainEqual({ type: 'update-required' });
    await expect(old.patch(id, { properties: { score: 1 } })).rejects.toMatchObject({ code: 'update-required' });
    expect(await updated.get(id)).toMatchObject({ pending: 1, lead: score });
  });

  it('waits until another page lets go of the database', async () => {
    const name = aName();
    const before = aLeadbox({ name, ...unsent });
    await before.load([aLead()]);
    await before.close();
    const holder = await aConnection(name);
    const asked = new Promise((resolve) => {
      holder.onversionchange = resolve;
    });
    const leadbox = aLeadbox({ name, indexes: ['updated_at'], ...unsent });
    const edit = leadbox.patch(id, score);
    await asked;
    holder.close();
    expect(await edit).toMatchObject({ seq: 1 });
  });
});

describe('R50 a database that newer code wrote', () => {
  it('is left as it is', async () => {
    const name = aName();
    const request = indexedDB.open(name, 20_000);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('leads', { keyPath: 'id' }).add({ ...aLead(), later: true });
      request.result.createObjectStore('outbox', { keyPath: 'seq', autoIncrement: true }).add({ leadId: id, later: 1 });
    };
    (await done(request)).close();
    const before = await rowsOf(name);

    const events: LeadboxEvent[] = [];
    const leadbox = aLeadbox({ name, onEvent: (event) => events.push(event) });
    const required = { code: 'update-required' };
    await expect(leadbox.load([aLead()])).rejects.toMatchObject(required);
    await expect(leadbox.patch(id, score)).rejects.toMatchObject(required);
    await expect(leadbox.get(id)).rejects.toMatchObject(required);
    await expect(leadbox.find()).rejects.toMatchObject(required);
    await expect(leadbox.outbox.pending()).rejects.toMatchObject(required);
    await leadbox.close();
    expect(await rowsOf(name)).toEqual(before);
    const after = await aConnection(name);
    expect([after.version, ...after.objectStoreNames]).toEqual([20_000, 'leads', 'outbox']);
  });
});

describe('R72 a database that was deleted from outside', () => {
  it('settles nothing, and the status says why', async () => {
    const name = aName();
    const leadbox = aLeadbox({ name, ...unsent });
    await leadbox.load([aLead()]);
    const { settled } = await leadbox.patch(id, score);
    await done(indexedDB.deleteDatabase(name));
    expect(await leadbox.status()).toMatchObject({ state: 'waiting', waitingFor: 'storage' });
    await expect(leadbox.patch(id, { properties: { score: 1 } })).rejects.toMatchObject({
      code: 'storage-unavailable',
    });
    expect(await outcomeNow(settled)).toBe('open');
    expect((await indexedDB.databases()).map((database) => database.name)).not.toContain(name);
  });

  it('settles nothing either where the browser cleared it, also when the leads are loaded anew', async () => {
    const server = await aServer({ leads: [aLead()] });
    const name = aName();
    const leadbox = aLeadbox({ name, baseUrl: server.baseUrl, ...unsent });
    await leadbox.load([aLead()]);
    const { settled } = await leadbox.patch(id, score);
    await cdp().send('Storage.clearDataForOrigin', { origin: location.origin, storageTypes: 'indexeddb' });
    await leadbox.load([aLead()]).catch(() => {});
    document.dispatchEvent(new Event('visibilitychange'));
    await leadbox.sync().catch(() => {});
    expect(await server.patches()).toEqual([]);
    expect(await outcomeNow(settled)).toBe('open');
  });
});

describe('R48 a full device', () => {
  it('refuses an edit with storage-full, shows what was there before, loses nothing and goes on', async () => {
    const storage = await aSmallStorage(10_000_000);
    const leadbox = aLeadbox({ environment: { indexedDB: storage }, ...unsent });
    await leadbox.load([aLead()]);
    await leadbox.patch(id, score);
    const seen = valuesOf(leadbox.observe(id));
    await expect.poll(() => seen, patiently).toHaveLength(1);
    const [before] = seen;
    await fill(storage, 9_000_000);

    const tooMuch = leadbox.patch(id, { summary: { notes: noise(1_000_000) } });
    expect(String(seen.at(-1)?.lead.summary?.notes).length).toBe(1_000_000);
    await expect(tooMuch).rejects.toMatchObject({ code: 'storage-full' });
    expect(seen).toHaveLength(3);
    expect(seen.at(-1)).toEqual(before);
    expect(await leadbox.status()).toMatchObject({ pending: 1, parked: 0 });

    await done(storage.deleteDatabase('filling'));
    // The browser may need a moment until it counts what was freed.
    await vi.waitFor(() => leadbox.patch(id, { summary: { notes: 'Call again' } }), patiently);
    const mine = { properties: { ...aLead().properties, score: 90 }, summary: { notes: 'Call again' } };
    expect(await leadbox.get(id)).toMatchObject({ pending: 2, lead: mine });
  });
});

describe('R51 without a usable IndexedDB', () => {
  const factory = (open: () => IDBOpenDBRequest) =>
    ({ open, databases: () => indexedDB.databases(), cmp: indexedDB.cmp.bind(indexedDB) }) as unknown as IDBFactory;
  const refused = factory(() => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  });

  it.each([
    ['there is none', undefined],
    ['the browser forbids it', refused],
  ])('a leadbox can be created, and its first call rejects (%s)', async (_, broken) => {
    const leadbox = aLeadbox({ environment: { indexedDB: broken } });
    const unavailable = { code: 'storage-unavailable' };
    await expect(leadbox.load([aLead()])).rejects.toMatchObject(unavailable);
    await expect(leadbox.patch(id, score)).rejects.toMatchObject(unavailable);
    await expect(leadbox.get(id)).rejects.toMatchObject(unavailable);
    await expect(leadbox.find()).rejects.toMatchObject(unavailable);
    await expect(leadbox.outbox.pending()).rejects.toMatchObject(unavailable);
    const errors: unknown[] = [];
    leadbox.observe(id).subscribe({ error: (error) => errors.push(error) });
    await expect.poll(() => errors, patiently).toMatchObject([unavailable]);
  });
});

describe('R52 with 10,000 leads', () => {
  it('loading, choosing, observing and editing work, and an edit still shows at once', async () => {
    const many = createSampleLeads(10_000);
    const { id: edited } = many[5_000] ?? aLead();
    const leadbox = aLeadbox({ indexes: ['code', 'properties.status'], ...unsent });
    await leadbox.load(many);
    expect(await leadbox.find()).toHaveLength(10_000);
    const firstPage = await leadbox.find((leads) => leads.orderBy('code').limit(50));
    expect(firstPage.map(({ code }) => code)).toEqual(
      many
        .map(({ code }) => code)
        .sort()
        .slice(0, 50),
    );

    const lead = valuesOf(leadbox.observe(edited));
    const page = valuesOf(leadbox.observeAll((leads) => leads.orderBy('code').limit(50)));
    const won = valuesOf(leadbox.observeAll((leads) => leads.where('properties.status').equals('won')));
    const all = valuesOf(leadbox.observeAll());
    for (const seen of [lead, page, won, all]) await expect.poll(() => seen, patiently).toHaveLength(1);

    const edit = leadbox.patch(edited, { properties: { status: 'won', score: 101 } });
    expect(lead.at(-1)?.lead.properties).toMatchObject({ status: 'won', score: 101 });
    const shown = all.at(-1);
    expect(shown?.find((one) => one.id === edited)?.properties).toMatchObject({ score: 101 });
    await edit;
    await expect.poll(() => won.at(-1)?.some((one) => one.id === edited), patiently).toBe(true);
    // R58 Everything else is the very object that it was.
    const before = new Set(all[0]);
    expect(
      all
        .at(-1)
        ?.filter((one) => !before.has(one))
        .map((one) => one.id),
    ).toEqual([edited]);
    expect(page).toHaveLength(1);
    expect(await leadbox.status()).toMatchObject({ pending: 1 });
  }, 60_000);
});

interface Write {
  readonly durability: string;
  isComplete: boolean;
}

/** The write transactions that are begun from now on; of the library's own database only. */
function watchWrites(): Write[] {
  const writes: Write[] = [];
  const begin = IDBDatabase.prototype.transaction;
  const watch = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
    this: IDBDatabase,
    ...given
  ) {
    const transaction = begin.apply(this, given);
    if (transaction.mode === 'readwrite' && transaction.objectStoreNames.contains('outbox')) {
      const write = { durability: transaction.durability, isComplete: false };
      transaction.addEventListener('complete', () => {
        write.isComplete = true;
      });
      writes.push(write);
    }
    return transaction;
  });
  onTestFinished(() => watch.mockRestore());
  return writes;
}

/** 'open', or how an edit ended, after everything that can run has run. */
async function outcomeNow(settled: Promise<Settlement>): Promise<string> {
  const name = aName();
  // A new database comes after all transactions that are waiting.
  const waited = rowsOf(name).then(() => 'open');
  const outcome = await Promise.race([settled.then((settlement) => settlement.outcome), waited]);
  await waited;
  indexedDB.deleteDatabase(name);
  return outcome;
}

/** Chromium's own storage, with little room: a bucket of this many bytes. */
async function aSmallStorage(quota: number): Promise<IDBFactory> {
  const { storageBuckets } = navigator as unknown as { storageBuckets: StorageBuckets };
  const name = `bucket-${crypto.randomUUID()}`;
  onTestFinished(() => storageBuckets.delete(name));
  return (await storageBuckets.open(name, { quota })).indexedDB;
}

/** As far as it is used here: TypeScript does not know it yet. */
interface StorageBuckets {
  open(name: string, options: { quota: number }): Promise<{ readonly indexedDB: IDBFactory }>;
  delete(name: string): Promise<void>;
}

/** Takes up this many bytes, in a database of the name 'filling'. */
async function fill(storage: IDBFactory, bytes: number): Promise<void> {
  const request = storage.open('filling');
  request.onupgradeneeded = () => {
    request.result.createObjectStore('bytes', { autoIncrement: true }).add(noise(bytes));
  };
  (await done(request)).close();
}

/** A text that cannot be compressed. */
function noise(length: number): string {
  return Array.from({ length }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join('');
}
