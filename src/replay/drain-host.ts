import type { Outcome } from '../api/outcome.ts';
import type { Environment } from '../environment.ts';
import type { Sending } from '../model/edit.ts';
import type { RetryBounds } from '../model/replay-state.ts';
import type { WaitingFor } from '../model/status.ts';
import type { Progress } from '../model/sync-status.ts';
import type { Turn, TurnPlan } from './turn.ts';

/** What a drain stands on. */
export interface DrainHost {
  readonly environment: Environment;
  readonly concurrency: number;
  readonly retry: RetryBounds;
  /** Settles answers and chooses batches, in one transaction. */
  readonly takeTurn: (
    plan: Pick<TurnPlan, 'answers' | 'unsent' | 'want' | 'queue' | 'mayBeSent' | 'rank'>,
    isOver: TurnPlan['terms']['isOver'],
  ) => Promise<Turn>;
  /** One attempt. Never rejects. */
  readonly send: (batch: Sending) => Promise<Outcome>;
  /** Fetches a lead to be compared before its batch is chosen. Never rejects. */
  readonly look: (leadId: string) => Promise<Outcome>;
  /** Milliseconds since 1970, never set back under a timer. */
  readonly now: () => number;
  /** When to drain again if nothing happens before, in milliseconds since 1970, and what it waits for. */
  readonly schedule: (until: number | undefined, why: WaitingFor | undefined) => void;
  readonly report: (changes: Partial<Progress>) => void;
  /** Nothing new may be sent: paused, closed, or the right to send is lost. */
  readonly isStopped: () => boolean;
  /** That right was taken away, by a freeze or by the browser, and not given up by closing: no transaction that need not be. */
  readonly isRevoked: () => boolean;
  /** Whether requests may be chosen before there is room for them. */
  readonly mayChooseAhead: () => boolean;
}
