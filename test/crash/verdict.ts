/** An edit whose promise resolved. Its mark is a key that no other edit sets and none removes. */
export interface MadeEdit {
  readonly leadId: string;
  readonly mark: string;
  readonly seq: number;
}

/** What a PATCH changed on the server; or a local view, with all of its marks. */
export interface Arrival {
  readonly leadId: string;
  /** The mark of the latest edit: every edit writes it over the one before. */
  readonly last: string;
  /** Those that were not there before. */
  readonly marks: readonly string[];
}

/** What a device holds after its browser was killed and started again. */
export interface Kept {
  readonly pending: readonly MadeEdit[];
  readonly parked: readonly MadeEdit[];
  /** The local views, by id. */
  readonly shown: readonly Arrival[];
}

/** Where the edits are; the lists of what went wrong are empty if all is well. */
export interface Verdict {
  readonly onServer: number;
  readonly pending: number;
  readonly parked: number;
  readonly lost: readonly MadeEdit[];
  /** Pending edits that the first view after the start does not show. */
  readonly unseen: readonly MadeEdit[];
  /** In words, for whoever reads the failure. */
  readonly outOfOrder: readonly string[];
}

/** Judges what is found after a crash. `history` is what arrived, in order. */
export function verdict(made: readonly MadeEdit[], kept: Kept, history: readonly Arrival[]): Verdict {
  const arrived = new Set(history.flatMap(({ marks }) => marks));
  const pending = new Set(kept.pending.map(({ mark }) => mark));
  const parked = new Set(kept.parked.map(({ mark }) => mark));
  const shown = new Map(kept.shown.map((lead) => [lead.leadId, new Set(lead.marks)]));
  return {
    onServer: made.filter(({ mark }) => arrived.has(mark)).length,
    pending: made.filter(({ mark }) => pending.has(mark)).length,
    parked: made.filter(({ mark }) => parked.has(mark)).length,
    lost: made.filter(({ mark }) => !arrived.has(mark) && !pending.has(mark) && !parked.has(mark)),
    unseen: kept.pending.filter(({ leadId, mark }) => !shown.get(leadId)?.has(mark)),
    outOfOrder: [...wrongSeqs([...made, ...kept.pending, ...kept.parked]), ...wrongOrder(made, kept, history)],
  };
}

/** A place in the outbox belongs to one edit for ever, also after a restart. */
function wrongSeqs(edits: readonly MadeEdit[]): string[] {
  const owners = new Map<number, string>();
  return edits.flatMap(({ seq, mark }) => {
    const owner = owners.get(seq) ?? mark;
    owners.set(seq, owner);
    return owner === mark ? [] : [`${seq} is the place of ${owner} and of ${mark}`];
  });
}

function wrongOrder(made: readonly MadeEdit[], kept: Kept, history: readonly Arrival[]): string[] {
  const seqs = new Map([...made, ...kept.pending, ...kept.parked].map(({ mark, seq }) => [mark, seq]));
  // An edit that was sent, but whose promise had not resolved when its browser died, is known to nobody.
  const seqOf = (mark: string, unknown: number) => seqs.get(mark) ?? unknown;
  const wrong: string[] = [];
  const reached = new Map<string, { readonly highest: number; readonly last: number }>();
  for (const { leadId, last, marks } of history) {
    const before = reached.get(leadId) ?? { highest: 0, last: 0 };
    const arrived = marks.map((mark) => ({ mark, seq: seqOf(mark, before.highest) }));
    for (const { mark, seq } of arrived) {
      if (seq < before.highest) wrong.push(`${mark} (${seq}) arrived after a later edit (${before.highest})`);
    }
    const lastSeq = seqOf(last, before.last);
    if (lastSeq < before.last) wrong.push(`${last} (${lastSeq}) came back over a later edit (${before.last})`);
    reached.set(leadId, {
      highest: Math.max(before.highest, ...arrived.map(({ seq }) => seq)),
      last: Math.max(before.last, lastSeq),
    });
  }
  return wrong;
}
