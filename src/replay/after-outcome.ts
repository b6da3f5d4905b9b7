import type { Outcome } from '../api/outcome.ts';
import {
  afterAnswer,
  afterFailure,
  afterUnauthorized,
  afterWait,
  type Failure,
  type ReplayState,
} from '../model/replay-state.ts';

/** An attempt that ended. */
export interface Attempt extends Omit<Failure, 'why'> {
  /** It only fetched the lead. */
  readonly isLook: boolean;
}

/** The state of failures after an attempt, by what came of it. */
export function afterOutcome(before: ReplayState, outcome: Outcome, attempt: Attempt): ReplayState {
  const after = withoutItsWait(before, outcome, attempt);
  // A look is worth nothing without the request it was made for: what is left of the budget holds what comes after.
  const counts = !attempt.isLook || outcome.kind === 'retry';
  return outcome.wait && counts ? afterWait(after, outcome.wait, attempt) : after;
}

function withoutItsWait(before: ReplayState, outcome: Outcome, attempt: Attempt): ReplayState {
  if (outcome.kind === 'unauthorized') return afterUnauthorized(before);
  if (outcome.kind !== 'retry') return afterAnswer(before, attempt.leadId, attempt.sentAt);
  const { why, error, wait } = outcome;
  // Cancelled here, it says nothing about the server; nor does a limit with its end about the lead.
  const saysNothing = error.code === 'aborted' || (wait?.delay && why === 'rate-limit');
  return saysNothing ? before : afterFailure(before, { ...attempt, why });
}
