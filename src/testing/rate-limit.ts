/** How a request stands with the rate limit. */
export interface RateLimit {
  readonly exceeded: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until the window ends. */
  readonly wait: number;
}

/** Counts a request and says how it stands; without a rule every request is the first of a minute's 1,000. */
export function createRateLimiter(
  rule: { readonly limit: number; readonly windowSeconds: number } | undefined,
  now: () => number,
): () => RateLimit {
  if (rule === undefined) return () => ({ exceeded: false, limit: 1_000, remaining: 999, wait: 60_000 });
  const length = rule.windowSeconds * 1_000;
  let start = Number.NEGATIVE_INFINITY;
  let count = 0;
  return () => {
    const at = now();
    // A clock that was set back begins a window too, or the old one would last for as long as it was set back.
    if (at >= start + length || at < start) {
      start = at;
      count = 0;
    }
    count += 1;
    const remaining = Math.max(0, rule.limit - count);
    return { exceeded: count > rule.limit, limit: rule.limit, remaining, wait: start + length - at };
  };
}
