import type { Conflict, Edit, Leadbox } from '../../src/index.ts';
import type { PendingRow } from '../../src/model/lead-record.ts';
import type { Tab } from './tab.ts';

/** The guarantees of the simulation, by number. */
export type Invariant = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15;

/** An edit that a user made, and what became of its promise. */
export interface MadeEdit {
  readonly tab: Tab;
  readonly leadbox: Leadbox;
  readonly leadId: string;
  /** Unlike that of every other edit; it is in the patch, unless that only clears. */
  readonly value: number;
  edit?: Edit;
  error?: unknown;
  outcome?: string;
}

/** A batch as it was frozen, and what the server and the tabs know of it. */
export interface KnownBatch {
  readonly id: string;
  readonly leadId: string;
  readonly seqs: readonly number[];
  readonly body: string;
  readonly isWhole: boolean;
  isSent: boolean;
  isAnswered: boolean;
  isApplied: boolean;
}

/** What was promised and what was seen, kept outside of the library: what it is judged by. */
export interface Ledger {
  readonly edits: MadeEdit[];
  /** Every row that was ever in the outbox. */
  readonly rows: Map<number, PendingRow>;
  /** Sections that an edit cleared, also if a decision made something else of it later: `<lead> <section>`. */
  readonly cleared: Set<string>;
  readonly parked: Set<number>;
  readonly applied: Set<number>;
  /** Leads of which a batch met a conflict or was refused: the server may have it already (R37). */
  readonly conflicted: Set<string>;
  readonly batches: Map<string, KnownBatch>;
  /** In the order of their first application. */
  readonly appliedBatches: KnownBatch[];
  /** Edits that somebody asked to discard, to undo or to try again, and those that are gone by it. */
  readonly askedFor: Set<number>;
  readonly discarded: Set<number>;
  /** Edits of which nothing was left after a decision for the other side, and the leads it was made about. */
  readonly yielded: Set<number>;
  readonly decided: Set<string>;
  /** Of them those of which it gave something up, by their ids. */
  readonly givesWay: Set<string>;
  /** What users typed and a decision gave up for the other side's, by lead, path and value. */
  readonly givenUp: Map<string, Conflict>;
  /** Where others wrote what users here write too: `<lead> <section>.<member>`. */
  readonly contested: Set<string>;
  /** Leads on which older values may come back, because somebody wanted it so. */
  readonly turnedBack: Set<string>;
  /** How many events told of each parked edit, and which tab parked it. */
  readonly parkedEvents: Map<number, number>;
  readonly parkedBy: Map<number, Tab>;
  /** What went wrong first. */
  broken: { readonly invariant: Invariant; readonly message: string } | undefined;
  break(invariant: Invariant, message: string): void;
}

export function createLedger(onBroken: () => void): Ledger {
  const ledger: Ledger = {
    ...{
      edits: [],
      rows: new Map(),
      cleared: new Set(),
      parked: new Set(),
      applied: new Set(),
      conflicted: new Set(),
      batches: new Map(),
    },
    ...{ appliedBatches: [], askedFor: new Set(), discarded: new Set(), yielded: new Set(), givenUp: new Map() },
    ...{
      decided: new Set(),
      givesWay: new Set(),
      contested: new Set(),
      turnedBack: new Set(),
      parkedEvents: new Map(),
      parkedBy: new Map(),
      broken: undefined,
    },
    break(invariant, message) {
      ledger.broken ??= { invariant, message };
      onBroken();
    },
  };
  return ledger;
}
