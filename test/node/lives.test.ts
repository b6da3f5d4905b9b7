import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Edit, isLeadboxError, type JsonObject, type Leadbox, type LeadboxOptions } from '../../src/index.ts';
import { localView } from '../../src/model/lead-change.ts';
import { pause } from '../../src/testing/pause.ts';
import { createSeededRandom } from '../../src/testing/seeded-random.ts';
import { aFailingStorage, type StorageFault } from '../builders/a-failing-storage.ts';
import { leadId, someLeads } from '../builders/a-lead.ts';
import { type Attempt, aDevice, type Device } from '../builders/a-leadbox.ts';

// LIVES=2000 runs that many fresh lives. A failure prints its seed and its life; LIFE_SEED=<seed> runs the same lives
// again, and with SHRINK=1 looks for the shortest life that fails.
const { LIVES = '30', LIFE_SEED, SHRINK } = process.env;
// Each with as many lives as it takes to come to the one that failed once.
const knownSeeds = [
  [1, 8],
  [305, 48],
  [310, 22],
  [408, 20],
] as const;

const leadCount = 3;
const tabCount = 2;
const timeout = 30_000;
/** The longest a request may be on its way, by R17. */
const longestJourney = timeout + 5_000;

const edits = ['set', 'set', 'set', 'nest', 'clear', 'section', 'clear-section', 'recipe', 'several', 'bad'] as const;
const faults = ['lost', 'lost-answer', 'late', 'slow', 'hang', 503, 429, 401, 'html'] as const;
const storageFaults: readonly StorageFault[] = ['UnknownError', 'QuotaExceededError', 'lost'];
const others = ['offline', 'online', 'reload', 'jump', 'visible', 'pause', 'resume', 'sync'] as const;
const reads = ['refresh', 'load', 'theirs', 'wait', 'wait', 'wait'] as const;

interface Step {
  readonly kind: (typeof edits | typeof others | typeof reads)[number] | 'fault' | 'storage';
  readonly tab: number;
  readonly lead: number;
  /** In [0, 1): which of the possibilities, and how long. */
  readonly which: number;
  /** How many turns of the event loop go by before the next step. */
  readonly turns: number;
}

interface Life {
  readonly options: LeadboxOptions;
  readonly steps: Step[];
  /** Of what is left to chance in the device. */
  readonly seed: number;
}

const kinds: fc.Arbitrary<Step['kind']> = fc.oneof(
  { arbitrary: fc.constantFrom(...edits), weight: 9 },
  { arbitrary: fc.constant('fault' as const), weight: 5 },
  { arbitrary: fc.constantFrom(...reads), weight: 5 },
  { arbitrary: fc.constantFrom(...others), weight: 4 },
  { arbitrary: fc.constant('storage' as const), weight: 1 },
);
const steps: fc.Arbitrary<Step> = fc.record({
  kind: kinds,
  tab: fc.nat(tabCount - 1),
  lead: fc.nat(leadCount - 1),
  which: fc.nat(999).map((thousandths) => thousandths / 1_000),
  turns: fc.oneof(fc.constant(0), fc.nat(20), fc.nat(120)),
});
const manners: fc.Arbitrary<LeadboxOptions> = fc
  .record({
    manner: fc.constantFrom<LeadboxOptions>(
      ...[1, 2, 3].map((concurrency) => ({ concurrency })),
      ...[{ ordering: 'strict' } as const, { idempotencyHeader: 'Idempotency-Key' }],
      ...[{ concurrency: 2, idempotencyHeader: 'Idempotency-Key' }],
    ),
    coalesce: fc.boolean(),
  })
  .map(({ manner, coalesce }) => ({ ...manner, coalesce }));
const lives: fc.Arbitrary<Life> = fc.record({
  options: manners,
  steps: fc.array(steps, { minLength: 20, maxLength: 40, size: 'max' }),
  seed: fc.nat(),
});

const promise = 'whatever happens to a device, no edit is lost, doubled, overtaken or shown older than it was';

it.each(knownSeeds)(
  `R1 R15 R16 R17 R23 R25 ${promise} (seed %i, %i lives)`,
  (seed, numRuns) => live({ seed, numRuns }),
  120_000,
);
it(
  `R1 R15 R16 R17 R23 R25 ${promise} (fresh seeds)`,
  () => live({ numRuns: Number(LIVES), ...(LIFE_SEED === undefined ? {} : { seed: Number(LIFE_SEED) }) }),
  3_600_000,
);

function live(terms: fc.Parameters<[Life]>): Promise<void> {
  return fc.assert(
    fc.asyncProperty(lives, async ({ options, steps: given, seed }) => {
      const life = await begin(options, seed);
      for (const step of given) {
        life.take(step);
        if (step.kind === 'wait') await life.device.clock.advance(waits(step.which));
        if (step.kind === 'reload') await life.reload(step.tab);
        await turns(step.turns);
      }
      await life.heal();
      await life.check();
    }),
    { ...terms, endOnFailure: SHRINK === undefined },
  );
}

const waits = (which: number) => [0, 10, 1_000, 3_000, 8_000, 31_000, 61_000][Math.floor(which * 7)] ?? 0;

async function begin(options: LeadboxOptions, seed: number) {
  let jumped = 0;
  const random = createSeededRandom(seed);
  const { idempotencyHeader } = options;
  const device: Device = aDevice({
    ...{ leads: someLeads(leadCount), random, now: () => device.clock.now() - jumped },
    ...(idempotencyHeader === undefined ? {} : { idempotencyHeader }),
  });
  const initial = device.api.leads();
  const network = aNetwork(device, idempotencyHeader, () => jumped);

  const broken: StorageFault[] = [];
  const indexedDB = aFailingStorage(device.indexedDB, (tables, mode) => {
    const [next] = broken;
    const isMet = next === 'lost' ? !tables.includes('memory') : mode === 'readwrite';
    return isMet ? broken.shift() : undefined;
  });
  const newTab = () => device.tab({ ...options, timeout, environment: { indexedDB } });
  const tabs = Array.from({ length: tabCount }, newTab);
  for (const tab of tabs) await tab.load(initial);

  const watches = tabs.map((tab, index) => watch(tab, index));
  const typed: Typed[] = [];
  const calls: Promise<unknown>[] = [];
  let count = 0;
  let theirs: number | undefined;

  const call = (promised: Promise<unknown>) => {
    calls.push(
      promised.catch((error: unknown) => {
        if (!isLeadboxError(error)) throw error;
      }),
    );
  };
  const note = (tab: number, value: number, edit: Promise<Edit>) => {
    const entry: Typed = { tab, leadbox: tabs[tab] as Leadbox, value };
    typed.push(entry);
    edit.then(
      (done) => {
        entry.edit = done;
        void done.settled.then(({ outcome }) => {
          entry.outcome = outcome;
        });
      },
      () => {},
    );
    call(edit);
  };

  const take = ({ kind, tab, lead, which }: Step) => {
    const leadbox = tabs[tab] as Leadbox;
    const id = leadId(lead);
    const name = which < 0.6 ? 'a' : 'b';
    const patch = (change: (value: number) => JsonObject) => {
      count += 1;
      note(tab, count, leadbox.patch(id, change(count)));
    };
    switch (kind) {
      case 'set':
        return patch((value) => ({ properties: { [name]: value } }));
      case 'nest':
        return patch((value) => ({ properties: { [name]: { [which < 0.3 ? 'x' : 'y']: value } } }));
      case 'clear':
        return patch(() => ({ properties: { [name]: null } }));
      case 'section':
        return patch((value) => ({ location: { [name]: value } }));
      case 'clear-section':
        return patch(() => ({ location: null }));
      case 'bad':
        return patch((value) => ({ properties: { [name]: `bad ${value}` } }));
      case 'recipe': {
        count += 1;
        const value = count;
        return note(
          tab,
          value,
          leadbox.edit(id, (draft) => {
            draft.properties[name] = which < 0.3 ? { x: value } : value;
          }),
        );
      }
      case 'several':
        patch((value) => ({ properties: { a: value } }));
        patch(() => ({ properties: { a: null } }));
        return patch((value) => ({ properties: { a: { x: value } }, location: { a: value } }));
      case 'fault':
        return network.faults.push({ kind: faults[Math.floor(which * faults.length)] ?? 'lost', which });
      case 'storage':
        return broken.push(storageFaults[Math.floor(which * 3)] ?? 'lost');
      case 'offline':
        device.api.offline = true;
        if (which < 0.7) device.onLine = false;
        return;
      case 'online':
        device.api.offline = false;
        device.onLine = true;
        return;
      case 'jump': {
        const by = which < 0.5 ? -10_000 : 10_000;
        // What the device takes for over must be over.
        if (by > 0) network.arriveNow();
        jumped += by;
        return device.clock.set(device.clock.now() + by);
      }
      case 'visible':
        return device.becomeVisible();
      case 'pause':
        return call(leadbox.pause());
      case 'resume':
        return call(leadbox.resume());
      case 'sync':
        return call(leadbox.sync());
      case 'refresh':
        return call(leadbox.refresh(id));
      case 'load':
        return call(leadbox.load(device.api.leads()));
      case 'theirs':
        theirs = count;
        return device.api.change(id, { properties: { theirs: `${theirs}` } });
    }
  };

  return {
    device,
    take,
    async reload(index: number) {
      const tab = tabs[index] as Leadbox;
      await inTurns(tab.close(), 'close()');
      const next = newTab();
      tabs[index] = next;
      watches.push(watch(next, index));
    },
    async heal() {
      broken.splice(0);
      network.faults.splice(0);
      device.api.offline = false;
      device.onLine = true;
      await inTurns((tabs[0] as Leadbox).resume(), 'resume()');
      for (let spent = 0; spent < 600_000; spent += 10_000) {
        await device.clock.advance(10_000);
        if (!(await tabs[0]?.status())?.pending && !network.isLate()) break;
      }
      await Promise.all(tabs.map((tab) => inTurns(tab.sync(), 'sync()')));
      await inTurns(Promise.all(calls), 'what was called');
    },
    async check() {
      const parked = (await tabs[0]?.outbox.parked()) ?? [];
      for (const tab of tabs) {
        expect(await tab.outbox.pending()).toEqual([]);
        expect(await tab.status()).toMatchObject({
          ...{ state: parked.length ? 'waiting' : 'synced', pending: 0, parked: parked.length },
        });
      }
      expect(network.problems).toEqual([]);
      expect(device.mostOpen.ofOneLead).toBeLessThanOrEqual(1);
      expect(device.mostOpen.all).toBeLessThanOrEqual(options.concurrency ?? 1);

      const refused = new Set(parked.map(({ seq }) => seq));
      for (const { patch } of parked) expect(JSON.stringify(patch)).toContain('bad');
      const durable = typed.flatMap(({ edit }) => (edit?.seq ? edit : [])).sort((a, b) => a.seq - b.seq);
      expect(new Set(durable.map(({ seq }) => seq)).size).toBe(durable.length);
      for (const before of initial) {
        const patches = durable.filter(({ leadId: of, seq }) => of === before.id && !refused.has(seq));
        const truth = device.api.lead(before.id);
        const { updated_at, properties } = truth ?? before;
        const others = properties?.theirs === undefined ? {} : { properties: { theirs: properties.theirs } };
        const expected = localView(
          before,
          patches.map(({ patch }) => patch as JsonObject),
        );
        expect(truth).toEqual({ ...localView(expected, [others]), updated_at });
        for (const tab of tabs) {
          const { lead, server, pending } = await tab.refresh(before.id);
          expect({ lead, server, pending }).toEqual({ lead: truth, server: truth, pending: 0 });
        }
      }

      // Of the tabs that are open, every promise was kept (R40).
      for (const { edit, outcome, leadbox } of typed) {
        if (!edit || !tabs.includes(leadbox)) continue;
        expect(outcome).toBe(edit.seq ? (refused.has(edit.seq) ? 'parked' : 'synced') : 'unchanged');
      }

      await device.rest();
      const stays = new Map(typed.map(({ value, tab, edit }) => [value, edit && !refused.has(edit.seq) ? tab : -1]));
      for (const { tab, seen, latest } of watches) {
        for (const [path, values] of seen) {
          const own = values.filter((value) => stays.get(value) === tab);
          expect(own, `of tab ${tab} at ${path}`).toEqual([...own].sort((a, b) => a - b));
        }
        for (const [id, lead] of latest()) expect(lead).toEqual(device.api.lead(id));
      }
      for (const tab of tabs) await inTurns(tab.close(), 'close()');
    },
  };
}

interface Typed {
  readonly tab: number;
  readonly leadbox: Leadbox;
  readonly value: number;
  /** What it resolved with; none if it was refused. */
  edit?: Edit;
  outcome?: string;
}

interface Fault {
  readonly kind: (typeof faults)[number];
  readonly which: number;
}

/** What is between the device and the server. Looks out for batches that change before they got a definite answer. */
function aNetwork(device: Device, idempotencyHeader: string | undefined, jumped: () => number) {
  const { api, clock } = device;
  const waiting: Fault[] = [];
  const problems: string[] = [];
  const texts = new Map<string, string>();
  const unanswered = new Map<string, string>();
  // A tab that could not store an answer keeps it; meanwhile another tab may send the same bytes once more (R24).
  const answered = new Map<string, string>();
  const late = new Set<Attempt>();

  const server = async ({ leadId: id, text, headers }: Attempt): Promise<Response> => {
    if (text.includes('bad')) return new Response('{"error":"No."}', { status: 422 });
    return api.fetch(`/leads/${id}`, { method: 'PATCH', body: text, headers });
  };
  /** Beyond the device its being offline means nothing. */
  const arriveLate = (attempt: Attempt) => {
    if (!late.delete(attempt)) return;
    const { offline } = api;
    api.offline = false;
    void server(attempt);
    api.offline = offline;
  };

  const answer = async (attempt: Attempt, { kind, which }: Fault, signal: AbortSignal | undefined) => {
    const startedAt = clock.now() - jumped();
    switch (kind) {
      case 'lost':
        throw new TypeError('Failed to fetch');
      case 'lost-answer':
        await server(attempt);
        throw new TypeError('Failed to fetch');
      case 'slow': {
        const response = await server(attempt);
        await pause(clock, which * 25_000, signal);
        if (api.offline) throw new TypeError('Failed to fetch');
        return response;
      }
      case 'hang':
        return pause(clock, Number.POSITIVE_INFINITY, signal).then(() => undefined);
      case 'late':
        try {
          await pause(clock, Number.POSITIVE_INFINITY, signal);
        } finally {
          const [left, leftOnDevice] = [startedAt + jumped(), attempt.at].map(
            (at) => at + longestJourney - clock.now(),
          );
          const within = Math.min(left ?? 0, leftOnDevice ?? 0) - 1;
          if (within >= 0) {
            late.add(attempt);
            clock.setTimeout(() => arriveLate(attempt), Math.round(within * anotherOf(which)));
          }
        }
        return undefined;
      case 'html':
        return new Response('<html>Sign in</html>', { headers: { 'Content-Type': 'text/html' } });
      default:
        return new Response('{}', { status: kind });
    }
  };

  device.intercept = async (attempt, signal) => {
    const { leadId: id, text, headers } = attempt;
    const key = idempotencyHeader && headers.get(idempotencyHeader);
    if (key) {
      if ((texts.get(key) ?? text) !== text) problems.push(`${key} changed its text`);
      texts.set(key, text);
    }
    const open = unanswered.get(id);
    if (open !== undefined && open !== text) problems.push(`${text} was sent before ${open} had an answer`);
    if (answered.get(id) !== text) unanswered.set(id, text);
    if (api.offline) throw new TypeError('Failed to fetch');
    const fault = waiting.shift();
    const response = fault ? await answer(attempt, fault, signal) : await server(attempt);
    const isLead = response?.status === 200 && response.headers.get('Content-Type') === 'application/json';
    if (!signal?.aborted && (isLead || response?.status === 422)) {
      unanswered.delete(id);
      answered.set(id, text);
    }
    return response;
  };

  return {
    faults: waiting,
    problems,
    isLate: () => late.size > 0,
    arriveNow: () => [...late].forEach(arriveLate),
  };
}

/** Another number in [0, 1), often near the end. */
function anotherOf(which: number): number {
  const other = (which * 7_919) % 1;
  return other < 0.5 ? 1 - other / 50 : other;
}

/** Every own value that observers of the tab saw, by lead and path, oldest first. */
function watch(leadbox: Leadbox, tab: number) {
  const seen = new Map<string, number[]>();
  const latest = new Map<string, unknown>();
  const see = (path: string, value: unknown) => {
    if (typeof value === 'number') {
      const values = seen.get(path) ?? [];
      if (values.at(-1) !== value) seen.set(path, [...values, value]);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) see(`${path}.${name}`, member);
    }
  };
  const watchAll = () => {
    leadbox.observeAll().subscribe({
      next: (leads) => leads.forEach((lead) => void see(`all/${lead.id}`, lead)),
      error: watchAll,
    });
  };
  const watchOne = (id: string) => {
    leadbox.observe(id).subscribe({
      next: (state) => {
        latest.set(id, state?.lead);
        see(id, state?.lead);
      },
      error: () => watchOne(id),
      complete: () => latest.clear(),
    });
  };
  watchAll();
  for (let lead = 0; lead < leadCount; lead += 1) watchOne(leadId(lead));
  return { tab, seen, latest: () => latest };
}

/** Fails where what needs no time does not come to an end. */
async function inTurns<T>(promised: Promise<T>, name: string): Promise<T> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  promised.then(over, over);
  for (let turn = 0; turn < 20_000 && !isOver; turn += 1) await turns(1);
  if (!isOver) throw new Error(`${name} does not come to an end`);
  return promised;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
