import fc from 'fast-check';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Leadbox } from '../../../src/index.ts';
import { createSeededRandom } from '../../../src/testing/seeded-random.ts';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, soon } from '../../builders/a-leadbox.ts';

const ids = [leadId(0), leadId(1)];
const tabCount = 2;

/** What happens next, and how many turns of the event loop later. */
interface Happening {
  readonly kind: 'type' | 'type' | 'refresh' | 'load' | 'theirs' | 'sync' | 'fail' | 'lose' | 'look';
  readonly tab: number;
  readonly lead: number;
  readonly turns: number;
}

const happenings: fc.Arbitrary<Happening> = fc.record({
  kind: fc.constantFrom<Happening['kind']>(
    ...(['type', 'type', 'type', 'type', 'type', 'refresh', 'load', 'theirs', 'sync', 'fail', 'lose', 'look'] as const),
  ),
  tab: fc.nat(tabCount - 1),
  lead: fc.nat(ids.length - 1),
  turns: fc.oneof(fc.constant(0), fc.nat(12), fc.nat(60)),
});

it.each([1, 2])(
  'R23 no observer sees an own older value come back, however answers, reads and edits interleave, with concurrency %i',
  async (concurrency) => {
    await fc.assert(
      fc.asyncProperty(fc.array(happenings, { minLength: 5, maxLength: 30 }), fc.nat(), async (given, seed) => {
        const random = createSeededRandom(seed);
        const device = aDevice({ leads: someLeads(2), random });
        const slowly: typeof device.api.fetch = async (url, init) => {
          await turns(Math.floor(random() * 25));
          const response = await device.api.fetch(url, init);
          await turns(Math.floor(random() * 50));
          return response;
        };
        const options = { concurrency, retry: { minDelay: 1, maxDelay: 1 }, environment: { fetch: slowly } };
        const tabs = [await device.loadedTab(options), device.tab(options)];
        const watches = tabs.flatMap((tab, index) => watch(tab, `tab${index}`));
        await vi.waitFor(() => expect(watches.every(({ hasSeen }) => ids.every(hasSeen))).toBe(true), soon);

        let typed = 0;
        const pending: Promise<unknown>[] = [];
        for (const { kind, tab: index, lead, turns: pause } of given) {
          const tab = tabs[index] as Leadbox;
          const id = ids[lead] as string;
          typed += 1;
          if (kind === 'type') {
            pending.push(tab.patch(id, { properties: { [`tab${index}`]: typed } }));
            // What was typed is shown at once (R3), and is what must never go back.
            for (const { owner, latest } of watches) if (owner === `tab${index}`) expect(latest(id)).toBe(typed);
          } else if (kind === 'refresh') pending.push(tab.refresh(id).catch(() => {}));
          else if (kind === 'load') pending.push(tab.load(device.api.leads()));
          else if (kind === 'theirs') device.api.change(id, { properties: { theirs: typed } });
          else if (kind === 'sync') pending.push(tab.sync());
          else if (kind === 'fail') device.api.next(503);
          else if (kind === 'lose') device.api.next('lost-answer');
          else device.becomeVisible();
          await turns(pause);
        }
        await Promise.all(pending);
        for (let round = 0; round < 20; round += 1) {
          await device.clock.advance(40_000); // longer than any request can travel
          await Promise.all(tabs.map((tab) => tab.sync()));
          if ((await tabs[0]?.status())?.state === 'synced') break;
        }
        for (const tab of tabs) {
          expect(await tab.status()).toMatchObject({ state: 'synced', pending: 0, parked: 0 });
          for (const id of ids) await vi.waitFor(() => tab.refresh(id), soon); // past the faults that are left
        }
        device.becomeVisible();
        for (const id of ids) {
          const truth = device.api.lead(id);
          for (const tab of tabs) expect((await tab.get(id))?.lead).toEqual(truth);
        }
        for (const { problems } of watches) expect(problems).toEqual([]);
        for (const id of ids) {
          for (const { latest, owner } of watches) {
            const value = Number(device.api.lead(id)?.properties?.[owner] ?? 0);
            await vi.waitFor(() => expect(latest(id)).toBe(value), soon);
          }
        }
        for (const tab of tabs) await tab.close();
      }),
      { numRuns: 25, endOnFailure: false },
    );
  },
  60_000,
);

/** Looks out, through observers of each lead and of all, for a value of the tab that is older than one seen before. */
function watch(tab: Leadbox, owner: string) {
  const watchOne = (subscribe: (see: (id: string, value: number) => void) => { unsubscribe(): void }) => {
    const newest = new Map<string, number>();
    const problems: string[] = [];
    const subscription = subscribe((id, value) => {
      const before = newest.get(id) ?? 0;
      if (value < before) problems.push(`${owner} of ${id} went back from ${before} to ${value}`);
      newest.set(id, value);
    });
    onTestFinished(() => subscription.unsubscribe());
    return { owner, problems, hasSeen: (id: string) => newest.has(id), latest: (id: string) => newest.get(id) ?? 0 };
  };
  const typedIn = (properties: object | null | undefined) =>
    Number((properties as Record<string, unknown> | null)?.[owner] ?? 0);
  const all = watchOne((see) =>
    tab.observeAll().subscribe((leads) => {
      for (const { id, properties } of leads) see(id, typedIn(properties));
    }),
  );
  // One watch for both leads, so that each watch knows of every lead.
  const single = watchOne((see) => {
    const subscriptions = ids.map((id) =>
      tab.observe(id).subscribe((state) => {
        if (state) see(id, typedIn(state.lead.properties));
      }),
    );
    return { unsubscribe: () => subscriptions.forEach((subscription) => void subscription.unsubscribe()) };
  });
  return [all, single];
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
