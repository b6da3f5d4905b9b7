import type { Batch, Conflict, ParkReason } from './edit.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { Lead } from './lead.ts';

/**
 * What replay knows of one lead that has pending edits: pure data, read and written as a whole in one transaction.
 *
 *     rows  ──freeze──►  rows + batch  ──acknowledged──►  remaining rows on a new base
 *                          │      ▲  └───refused───────►  remaining rows, the refused ones parked
 *                          └resend┘
 */
export interface LeadRecord {
  readonly id: string;
  /** The lead as the server last returned it. */
  readonly base: Lead;
  /** The lead's pending edits in order; never empty in a record that was read. */
  readonly rows: readonly PendingRow[];
  /** The frozen request that has no definite answer yet. */
  readonly batch?: FrozenBatch | undefined;
  /** Edits up to this seq were refused together: they go one by one, so that only the bad one is parked. */
  readonly aloneThrough?: number | undefined;
  /** How often in a row the server refused it because of a conflict; the lead is fetched before the next attempt. */
  readonly rounds?: number | undefined;
  /** What it said the last time. */
  readonly refusal?: Pick<ParkedRow, 'status' | 'message'> | undefined;
  /** The last batch that was given up without having been acknowledged. */
  readonly earlier?: FrozenBatch | undefined;
  /** Edits up to this seq were in one of which nobody knows what came of it: they may have arrived all the same. */
  readonly doubtedThrough?: number | undefined;
  /** The ETag of the base, where the server sent one. */
  readonly etag?: string | undefined;
}

export interface PendingRow {
  readonly seq: number;
  readonly leadId: string;
  readonly patch: JsonObject;
  readonly madeAt: string;
  /** What the user saw at each path that the edit sets. */
  readonly replaced?: readonly Replaced[] | undefined;
  /** It undoes what a server did to a section, and is nobody's wish: where somebody set the same since, it yields. */
  readonly isRepair?: boolean | undefined;
  /** The seq with which it was made, of one that was parked since and queued again as it was (R63). */
  readonly madeAs?: number | undefined;
  /** The id under which it came from another device (R64). */
  readonly origin?: string | undefined;
}

export interface Replaced {
  readonly path: readonly string[];
  /** None where there was nothing. */
  readonly value?: JsonValue;
}

export interface ParkedRow extends PendingRow {
  readonly reason: ParkReason;
  readonly status?: number | undefined;
  readonly message?: string | undefined;
  readonly parkedAt: string;
  readonly conflicts?: readonly Conflict[] | undefined;
  /** Paths that later edits set which the server has by now: sent again, this one leaves them alone (R63). */
  readonly overtaken?: readonly (readonly string[])[] | undefined;
}

export interface FrozenBatch extends Batch {
  /** The last moment, in milliseconds since 1970, at which the latest attempt can still reach the server. */
  readonly arrivesUntil: number;
  /** The same for earlier attempts that never got an answer; set once there is one. */
  readonly lateUntil?: number | undefined;
  /** The touched sections as they were, while it is not known whether the server merges them (R33). */
  readonly before?: JsonObject | undefined;
  /** It was sent before, and nobody knows what came of it. */
  readonly isRepeated?: boolean | undefined;
  /** It holds whole sections, for a server that replaces them. */
  readonly isWhole?: boolean | undefined;
}

/** An earlier request that may still arrive: nothing that touches its paths is sent before it cannot any more. */
export interface Fence {
  readonly leadId: string;
  readonly paths: readonly (readonly string[])[];
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** How much longer than its time-out a request is allowed to travel, in milliseconds. */
export const travelTime = 5_000;

/** The last moment, in milliseconds since 1970, at which a request that is chosen now can reach the server. */
export function latestArrival({ now, timeout }: { readonly now: number; readonly timeout: number }): number {
  return now + timeout + travelTime;
}
