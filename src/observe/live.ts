import type { Lead } from '../model/lead.ts';
import type { Database } from '../storage/database.ts';
import type { StoredChange } from '../storage/read-leads.ts';
import type { Uncommitted } from './uncommitted.ts';

/** Something that is watched and stands on stored leads: a lead, or the result of a query. */
export interface Live {
  /** The lead as its observers see it, if they do. */
  shown(leadId: string): Lead | undefined;
  /** The lead's uncommitted edits changed: observers see it before this returns (R3, R68). */
  show(leadId: string): void;
  /** A transaction of this tab left a lead like this; `show` follows. */
  stored(change: StoredChange): void;
  /** These leads changed, or may have, in a way this tab does not know; undefined: any. */
  changed(leadIds: readonly string[] | undefined): void;
  /** Ends all subscriptions. */
  end(): void;
}

export interface LiveParts {
  readonly database: Database;
  readonly uncommitted: Uncommitted;
}
