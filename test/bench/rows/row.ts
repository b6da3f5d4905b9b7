import type { Lead } from '../../../src/model/lead.ts';
import type { Durability, Opened } from '../contenders/contender.ts';

/** A row of the table: one workload, the same for each contender. */
export interface Row {
  readonly name: string;
  /** Rounds that count; one more before them warms up, unless a round is long enough to do so itself. */
  readonly rounds: number;
  readonly durabilities: readonly Durability[];
  readonly contenders: readonly string[];
  /** Those of them that cannot ask for another durability. */
  readonly relaxedOnly?: readonly string[];
  /** What is in the database before. With several, what each contender costs there is compared with the first. */
  readonly sizes: readonly Size[];
  /** Whether a round changes so much that each begins with a database of its own. */
  readonly isFresh: boolean;
  /** Whether each round begins with a page that was just loaded. */
  readonly isReloaded?: boolean;
  /** Whether the page plays by itself as it loads: times count from the moment when it was asked for. */
  readonly isFromLoad?: boolean;
  readonly isLong?: boolean;
  /** Leads in flight at once. */
  readonly inFlight?: number;
  /** One round: the times it took, in milliseconds. */
  run(round: Round): Promise<readonly number[]>;
}

/** By the words that choose them. */
export type Rows = Readonly<Record<string, Row>>;

export interface Size {
  readonly leads: number;
  /** Pending edits, in turns on the first `editedLeads` leads. */
  readonly pending: number;
  readonly editedLeads: number;
}

export interface Round {
  readonly number: number;
  readonly size: Size;
  open(): Promise<Opened>;
  /** Leads that are not in the database before; the first of them are those that are. */
  leads(count: number): readonly Lead[];
  /** How long it takes, in milliseconds; long tasks of the page count within. */
  timed(work: () => Promise<unknown>): Promise<number>;
}

export const both: readonly Durability[] = ['relaxed', 'strict'];
export const all: readonly string[] = ['raw', 'dexie', 'leadbox'];

export function size(leads: number, pending = 0, editedLeads = pending): Size {
  return { leads, pending, editedLeads };
}

/** What the score of the first lead comes to: the edits take turns on the leads, and each has a score of its own. */
export function lastScore({ pending, editedLeads }: Size): number {
  return 1_000 + Math.floor((pending - 1) / editedLeads) * editedLeads;
}
