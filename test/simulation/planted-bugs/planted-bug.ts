import type { Invariant } from '../ledger.ts';
import type { Mix } from '../mix.ts';

/** A change of one source file. What is looked for stands there exactly once. */
export interface SourceChange {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A mistake that the simulation must find, or it is worth nothing. */
export interface PlantedBug {
  readonly name: string;
  readonly changes: readonly SourceChange[];
  /** The invariants that may give it away. */
  readonly caughtBy: readonly Invariant[];
  /** What the lives are made of in which it can show; undefined: any. */
  readonly mix?: Partial<Mix>;
}
