import { createLeadbox, type LeadPatch } from '../../src/index.ts';
import { createSeededRandom } from '../../src/testing/seeded-random.ts';
import type { Kept, MadeEdit } from './verdict.ts';

/** What the address of the page says after the #. */
export interface CrashPageOptions {
  readonly name: string;
  readonly autoSync: boolean;
  readonly timeout: number;
  readonly idempotencyHeader?: string;
}

/** What a test asks of the page. */
export interface CrashPage {
  /** Takes the server's leads into the cache. */
  fill(): Promise<void>;
  /** Edits leads until the process dies or `stop` is called; resolves when every edit has resolved. */
  work(terms: { readonly mark: string; readonly seed: number }): Promise<void>;
  stop(): void;
  /** What the device still holds, and what it shows. */
  kept(): Promise<Kept>;
  /** Resolves when nothing is pending any more. */
  drained(): Promise<void>;
  /** The edit is reported while a transaction of somebody else keeps it from being stored. */
  reportTooEarly(mark: string): Promise<void>;
}

/** Puts a word out of the process before it returns; the tests give it. */
type Report = (text: string) => void;

const options = JSON.parse(decodeURIComponent(location.hash.slice(1))) as CrashPageOptions;
const leadbox = createLeadbox({ ...options, retry: { minDelay: 20, maxDelay: 200 } });
let isStopped = false;

const tell = (made: MadeEdit) => (window as unknown as { report: Report }).report(JSON.stringify(made));

const page: CrashPage = {
  fill: () => leadbox.pull().then(() => {}),

  async work({ mark, seed }) {
    const random = createSeededRandom(seed);
    const leads = await leadbox.find();
    const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)] as T; // never empty
    const edit = async (own: string) => {
      const { id: leadId } = pick(leads);
      const { seq } = await (random() < 0.5
        ? leadbox.patch(leadId, aPatch(own, random))
        : leadbox.edit(leadId, (draft) => {
            draft.summary[own] = true;
            draft.properties.last = own;
            draft.location.city = own;
          }));
      // In the very turn in which the promise resolved: whatever is killed from here on, the user was told.
      tell({ leadId, mark: own, seq });
    };
    for (let count = 0; !isStopped; ) {
      const burst = random() < 0.1 ? 40 : pick([1, 1, 2, 5]);
      await Promise.all(Array.from({ length: burst }, () => edit(`${mark}-${count++}`)));
    }
  },

  stop() {
    isStopped = true;
  },

  async kept() {
    const [pending, parked] = await Promise.all([leadbox.outbox.pending(), leadbox.outbox.parked()]);
    const leads = await leadbox.find();
    const asMade = ({ leadId, seq, patch }: (typeof pending)[number]): MadeEdit => ({
      ...{ leadId, seq, mark: Object.keys(patch.summary ?? {}).join() },
    });
    return {
      pending: pending.map(asMade),
      parked: parked.map(asMade),
      shown: leads.map(({ id, properties, summary }) => ({
        ...{ leadId: id, last: String(properties?.last ?? ''), marks: Object.keys(summary ?? {}) },
      })),
    };
  },

  drained: () =>
    new Promise((resolve) => {
      leadbox.observeStatus().subscribe(({ pending }) => {
        if (!pending) resolve();
      });
    }),

  async reportTooEarly(mark) {
    const [lead] = await leadbox.find();
    const opening = indexedDB.open(options.name);
    await new Promise((opened) => opening.addEventListener('success', opened));
    const outbox = opening.result.transaction('outbox', 'readwrite').objectStore('outbox');
    const hold = () => outbox.count().addEventListener('success', hold); // until the process dies
    hold();
    leadbox
      .patch(
        lead?.id ?? '',
        aPatch(mark, () => 0),
      )
      .catch(() => {}); // it never ends
    tell({ leadId: lead?.id ?? '', mark, seq: Number.NaN });
  },
};

/** Leaves a mark that stays, and a value that the next edit of the lead replaces. Some do not fold, some are refused. */
function aPatch(mark: string, random: () => number): LeadPatch {
  const kinds = [{}, {}, { tags: [mark] }, { steps: null }, { steps: { one: mark } }];
  const more = random() < 0.02 ? { refuse: mark } : kinds[Math.floor(random() * kinds.length)];
  return { summary: { [mark]: true }, properties: { last: mark, ...more } };
}

Object.assign(window, { page });
