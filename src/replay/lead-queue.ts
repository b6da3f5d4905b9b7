/** The first row of the outbox after a seq, and those behind it. */
export type ReadOutbox = (
  after: number,
  limit: number,
) => PromiseLike<readonly { readonly seq: number; readonly leadId: string }[]>;

/** The leads that have something to send, by their oldest edit: the order in which they are served. */
export interface LeadQueue {
  /** The lead whose oldest edit is the oldest among those that may be sent now. */
  next(mayBeSent: (leadId: string) => boolean, readOutbox: ReadOutbox): Promise<string | undefined>;
  /** The lead's oldest edit is now this one; undefined: it has none. */
  update(leadId: string, oldest: number | undefined): void;
}

const windowSize = 100;

/**
 * Reads the outbox forward in windows and only as far as needed. What it remembers may be out of date when other tabs
 * work too; the caller looks at the lead's rows before it sends.
 */
export function createLeadQueue(): LeadQueue {
  const oldest = new Map<string, number>();
  // Every row up to here belongs to a lead in `oldest`, or is gone.
  let scanned = 0;

  return {
    async next(mayBeSent, readOutbox) {
      for (;;) {
        let first: string | undefined;
        let firstSeq = Number.POSITIVE_INFINITY;
        for (const [leadId, seq] of oldest) {
          if (seq >= firstSeq || !mayBeSent(leadId)) continue;
          first = leadId;
          firstSeq = seq;
        }
        // Whatever was not read yet is younger than what was.
        if (firstSeq <= scanned) return first;
        const rows = await readOutbox(scanned, windowSize);
        for (const { seq, leadId } of rows) {
          scanned = seq;
          if (!oldest.has(leadId)) oldest.set(leadId, seq);
        }
        if (rows.length === 0) return first;
      }
    },
    update(leadId, seq) {
      if (seq === undefined) oldest.delete(leadId);
      else oldest.set(leadId, seq);
    },
  };
}
