/** What a contender's rounds came to, in milliseconds. */
export interface Measured {
  /** The times of each round. */
  readonly rounds: readonly (readonly number[])[];
  readonly longestTask: number;
}

/** A middle and where it ranges. */
export interface Spread {
  readonly middle: number;
  readonly least: number;
  readonly most: number;
}

/** The share `at`, from 0 to 1, of the values is not above it. */
export function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function spread(values: readonly number[]): Spread {
  return { middle: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/** How often one took what the other did, round by round: what disturbs the machine disturbs both. */
export function ratios(own: Measured, other: Measured): Spread {
  return spread(own.rounds.map((times, round) => median(times) / median(other.rounds[round] ?? [])));
}

export function shown({ middle, least, most }: Spread): string {
  const digits = (value: number) =>
    value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
  return `${digits(middle)} (${digits(least)}–${digits(most)})`;
}
