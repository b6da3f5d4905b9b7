/** The rows of the outbox after a seq, in order. */
export type ReadOutbox = (
  after: number,
  limit: number,
) => PromiseLike<readonly { readonly seq: number; readonly leadId: string }[]>;

/** The leads that have something to send, by their oldest edit: the order in which they are served. */
export interface LeadQueue {
  /** Of the leads that may be sent now those with the lowest rank, from 0; of these the one with the oldest edit. */
  next(
    mayBeSent: (leadId: string) => boolean,
    rank: (leadId: string) => number,
    readOutbox: ReadOutbox,
  ): Promise<string | undefined>;
  /** The same as far as is known without reading: at most so many, in their order. */
  likely(mayBeSent: (leadId: string) => boolean, rank: (leadId: string) => number, most: number): readonly string[];
  /** What is remembered came to nothing: all is read anew. */
  reset(): void;
  /** The lead's oldest edit is now this one; undefined: it has none. */
  update(leadId: string, oldest: number | undefined): void;
}

const firstWindow = 100;
const largestWindow = 1_000;

/**
 * Reads the outbox forward, in windows that grow, and only as far as needed. What it remembers may be out of date when other tabs
 * work too; the caller looks at the lead's rows before it sends.
 */
export function createLeadQueue(): LeadQueue {
  const oldest = new Map<string, number>();
  // Every row up to here belongs to a lead in `oldest`, or is gone.
  let scanned = 0;

  const inOrder = (mayBeSent: (leadId: string) => boolean, rank: (leadId: string) => number) =>
    [...oldest]
      .filter(([leadId]) => mayBeSent(leadId))
      .map(([leadId, seq]) => ({ leadId, seq, rank: rank(leadId) }))
      .sort((a, b) => a.rank - b.rank || a.seq - b.seq);

  return {
    likely: (mayBeSent, rank, most) =>
      inOrder(mayBeSent, rank)
        .slice(0, most)
        .map(({ leadId }) => leadId),
    async next(mayBeSent, rank, readOutbox) {
      for (let window = firstWindow; ; window = Math.min(2 * window, largestWindow)) {
        const [first] = inOrder(mayBeSent, rank);
        // Whatever was not read yet is younger than what was.
        if (first && !first.rank && first.seq <= scanned) return first.leadId;
        const rows = await readOutbox(scanned, window);
        if (!rows.length) return first?.leadId;
        for (const { seq, leadId } of rows) {
          scanned = seq;
          if (!oldest.has(leadId)) oldest.set(leadId, seq);
        }
      }
    },
    reset() {
      oldest.clear();
      scanned = 0;
    },
    update(leadId, seq) {
      if (seq === undefined) oldest.delete(leadId);
      else oldest.set(leadId, seq);
    },
  };
}
