import type { JsonObject, JsonValue } from './json.ts';
import type { Lead, LeadPatch, OpenSections } from './lead.ts';

/** What `edit()` and `patch()` resolve with: the edit is durable. */
export interface Edit<S = OpenSections> {
  /** Place in the outbox, growing across tabs and restarts; 0 if nothing changed. */
  readonly seq: number;
  readonly leadId: string;
  /** The JSON Merge Patch that was recorded; empty if nothing changed. */
  readonly patch: LeadPatch<S>;
  /** How it ended, whichever tab or worker sent it. Never rejects; stays open when the tab or the leadbox ends first. */
  readonly settled: Promise<Settlement<S>>;
  /**
   * Takes it back: an edit that is not on its way yet, or parked, is dropped and nothing comes out; of one that the
   * server may have, the fields it set and nobody changed since get what it replaced, by a new edit; what the server
   * itself made of a value, as when it trims it, is no change. Rejects as `edit`.
   */
  undo(): Promise<Edit<S> | undefined>;
}

/** How an edit ended. */
export type Settlement<S = OpenSections> =
  /** The server has it; `lead` is this tab's view when it learns so. */
  | { readonly outcome: 'synced'; readonly lead: Lead<S> }
  /** It left the view and will not be sent again by itself; the edit waits for a decision. */
  | { readonly outcome: 'parked'; readonly edit: ParkedEdit<S> }
  /** It was dropped on request. */
  | { readonly outcome: 'discarded' }
  /** It changed nothing, so nothing was queued. */
  | { readonly outcome: 'unchanged' };

/** One edit in the outbox. */
export interface PendingEdit<S = OpenSections> {
  /** Its place in the outbox. Of an edit that the library makes to repair a section it is no whole number (R31). */
  readonly seq: number;
  readonly leadId: string;
  readonly patch: LeadPatch<S>;
  /** ISO 8601, for people; order is `seq`, never this. */
  readonly madeAt: string;
  /** Whether it is part of a request whose outcome is not known yet. */
  readonly sent: boolean;
}

/** An edit that the library will not send again by itself. */
export interface ParkedEdit<S = OpenSections> extends PendingEdit<S> {
  readonly reason: ParkReason;
  /** The status of the refusal. */
  readonly status?: number | undefined;
  /** The server's words, cut to 2,000 characters. */
  readonly message?: string | undefined;
  /** ISO 8601. */
  readonly parkedAt: string;
  /**
   * With reason 'conflict': the paths that both sides changed. Of edits that were sent together, `mine` is what all of
   * them come to; each edit's own value is in its patch.
   */
  readonly conflicts?: readonly Conflict[] | undefined;
}

/** Why an edit is parked. */
export type ParkReason = 'rejected' | 'forbidden' | 'gone' | 'conflict' | 'stale' | 'unreadable';

/** What becomes of a path that both sides changed. */
export type Resolution = 'mine' | 'theirs' | 'ask' | { readonly value: JsonValue };

/** A path that both sides changed; null where there is no value. */
export interface Conflict {
  readonly leadId: string;
  readonly path: readonly string[];
  /** The value when the user edited. */
  readonly base: JsonValue | undefined;
  readonly mine: JsonValue | undefined;
  readonly theirs: JsonValue | undefined;
}

/** A lead as an app sees it. Frozen; keeps its identity while nothing about it changes. */
export interface LeadState<S = OpenSections> {
  /** The local view: what to show. */
  readonly lead: Lead<S>;
  /** The base: what the server last said. The same object as `lead` while nothing is pending. */
  readonly server: Lead<S>;
  /** Edits of this lead that wait to reach the server, those being stored right now included. */
  readonly pending: number;
  readonly parked: number;
}

/** Pending edits of one lead sent as one PATCH, frozen from before the first send until a definite answer. */
export interface Batch {
  /** Unique; also the value of the idempotency header. */
  readonly id: string;
  readonly leadId: string;
  readonly seqs: readonly number[];
  /** The exact bytes of the request, as text. */
  readonly body: string;
}

/** A batch on its way, with what is only known at that moment and never frozen (R38). */
export interface Sending extends Batch {
  /** The ETag of the base, if it is stored, and the base's `updated_at`. */
  readonly etag?: string | undefined;
  readonly version?: string | undefined;
  /** The last moment, in milliseconds since 1970, at which it is counted on to reach the server. */
  readonly arrivesUntil: number;
}

/** An edit that is shown already and still being stored. */
export interface Layer {
  readonly leadId: string;
  readonly patch: JsonObject;
  /** Its place in the outbox, once it is stored. */
  seq?: number;
}
