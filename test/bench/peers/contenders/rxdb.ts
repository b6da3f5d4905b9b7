import { createRxDatabase, type RxCollection, type RxJsonSchema, type WithDeleted } from 'rxdb/plugins/core';
import { replicateRxCollection } from 'rxdb/plugins/replication';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import type { JsonObject, JsonValue } from '../../../../src/model/json.ts';
import type { Lead } from '../../../../src/model/lead.ts';
import type { Contender, Durability, FieldEdit } from '../../contenders/contender.ts';
import { drop, leadsOf, scoreOf } from '../../page/fill.ts';

/**
 * RxDB on its Dexie storage, which keeps the state of each document and, of each, the state that the server is taken to
 * have: no edits.
 */
export const rxdb: Contender = {
  tables: {
    async fill(name, { leads: count, pending, editedLeads }) {
      const { database, leads } = await open(name, 'relaxed');
      await pull(leads, leadsOf(count)).awaitInitialReplication();
      const edited = await documents(leads, leadsOf(editedLeads));
      for (let n = 0; n < pending; n += editedLeads) {
        await Promise.all(edited.map((lead, at) => lead.incrementalModify(setting({ score: 1_000 + n + at }))));
      }
      await database.close();
    },
    async stored(name) {
      const { database, leads } = await open(name, 'relaxed');
      const [first] = leadsOf(1);
      const [count, lead] = await Promise.all([leads.count().exec(), leads.findOne(first?.id ?? '').exec()]);
      const facts = { leads: count, score: scoreOf(lead?.toJSON() as Lead | undefined) };
      await database.close();
      return facts;
    },
    /** It has a database for each of its collections. */
    async drop(name) {
      const own = (await indexedDB.databases()).filter((database) => database.name?.startsWith(`rxdb-dexie-${name}--`));
      await Promise.all(own.map((database) => drop(database.name ?? '')));
    },
  },
  async open(name, { durability, inFlight }) {
    const { database, leads } = await open(name, durability);
    const find = async (id: string) => {
      const lead = await leads.findOne(id).exec();
      if (!lead) throw new Error(`There is no lead ${id}.`);
      return lead;
    };
    let answer = () => {};
    let sent: Promise<unknown> | undefined;

    return {
      load: (given) =>
        new Promise<void>((resolve, reject) => {
          const replication = pull(leads, given);
          let received = 0;
          replication.received$.subscribe(() => {
            received += 1;
            if (received === given.length) resolve();
          });
          replication.error$.subscribe(reject);
        }),
      edit: async ({ id, fields }) => (await find(id)).incrementalModify(setting(fields)),
      async editAll(edits) {
        const found = await leads.findByIds(edits.map(({ id }) => id)).exec();
        await Promise.all(edits.map(({ id, fields }) => found.get(id)?.incrementalModify(setting(fields))));
      },
      observe(id, seen) {
        const subscription = leads.findOne(id).$.subscribe((lead) => lead && seen(lead.toJSON() as Lead));
        return () => subscription.unsubscribe();
      },
      show: async (id) => ({ lead: (await find(id)).toJSON() as Lead, pending: undefined }),
      changes: () => Promise.reject(new Error('It does not know.')),
      count: async () => undefined,
      async connect() {
        const answers = new Promise<void>((resolve) => {
          answer = resolve;
        });
        const inTurn = limited(inFlight);
        await new Promise<void>((begun, failed) => {
          const replication = replicateRxCollection<Lead, never>({
            ...{ replicationIdentifier, collection: leads },
            push: {
              async handler(rows) {
                begun();
                await answers;
                await Promise.all(rows.map((row) => inTurn(() => send(row.newDocumentState, row.assumedMasterState))));
                return [];
              },
            },
          });
          replication.error$.subscribe(failed);
          sent = replication.awaitInitialReplication();
        });
      },
      async drain() {
        answer();
        await sent;
      },
      close: async () => void (await database.close()),
    };
  },
};

const replicationIdentifier = 'leads';
const json = { type: 'object', additionalProperties: true } as const;
const text = { type: 'string' } as const;

const schema: RxJsonSchema<Lead> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 36 },
    ...{ visitor_id: text, workspace_id: text, code: text, source: text, created_at: text, updated_at: text },
    ...{ identity_id: text, session_id: text, company_id: text, properties: json, location: json, summary: json },
  },
  required: ['id'],
};

async function open(name: string, durability: Durability) {
  const storage = getRxStorageDexie({ chromeTransactionDurability: durability });
  const database = await createRxDatabase<{ leads: RxCollection<Lead> }>({ name, storage, eventReduce: true });
  const { leads } = await database.addCollections({ leads: { schema } });
  return { database, leads };
}

/** Takes these as the server's: what came otherwise would all be sent to it. */
function pull(leads: RxCollection<Lead>, given: readonly Lead[]) {
  return replicateRxCollection<Lead, { readonly at: number }>({
    ...{ replicationIdentifier, collection: leads, live: false },
    pull: {
      batchSize: 1_000,
      async handler({ at } = { at: 0 }, batchSize) {
        const documents = given.slice(at, at + batchSize) as WithDeleted<Lead>[]; // none is deleted
        return { documents, checkpoint: { at: at + documents.length } };
      },
    },
    push: {
      handler: () => Promise.reject(new Error('What was pulled must not be sent.')),
    },
  });
}

async function documents(leads: RxCollection<Lead>, wanted: readonly Lead[]) {
  const found = await leads.findByIds(wanted.map(({ id }) => id)).exec();
  return wanted.flatMap(({ id }) => found.get(id) ?? []);
}

function setting(fields: FieldEdit['fields']) {
  return <T extends Pick<Lead, 'properties'>>(lead: T): T => ({
    ...lead,
    properties: { ...lead.properties, ...fields },
  });
}

/** A PATCH of the members of `properties` that are not those the server is taken to have. */
async function send(lead: Pick<Lead, 'id' | 'properties'>, before: Pick<Lead, 'properties'> | undefined) {
  const known = before?.properties ?? {};
  const changed = Object.entries(lead.properties ?? {}).filter(([key, value]) => !isSame(value, known[key]));
  const body = JSON.stringify({ properties: Object.fromEntries(changed) satisfies JsonObject });
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`/api/v1/leads/${lead.id}`, { method: 'PATCH', body, headers });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  await response.json();
}

function isSame(one: JsonValue, other: JsonValue | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Runs so many at once; the others wait for their turn. */
function limited(most: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < most) running += 1;
    else await new Promise<void>((next) => waiting.push(next));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
