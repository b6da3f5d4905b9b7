import type { PullOptions } from './fill/fill-cache.ts';
import type { SignOutOptions } from './leave/sign-out.ts';
import type { FieldChange } from './model/changes.ts';
import type { Edit, LeadState, ParkedEdit, PendingEdit } from './model/edit.ts';
import type { DraftLead, Lead, LeadPatch, OpenSections, SectionSchemas } from './model/lead.ts';
import type { SyncResult, SyncStatus } from './model/status.ts';
import type { Observable } from './observe/observable.ts';
import type { OutboxExport } from './storage/outbox-transfer.ts';
import type { LeadQuery } from './storage/read-leads.ts';

/**
 * The object an app holds. Every method rejects, and never throws, with a LeadboxError or with what the app's own code
 * threw; after `close()` all but `status()` reject with 'closed'.
 */
export interface Leadbox<S extends SectionSchemas = OpenSections> {
  /**
   * Stores leads that came from the server. Pending edits stay on top; an older `updated_at` never replaces a newer one.
   * Rejects with 'invalid-lead' and the path if one is not a lead; then none is stored.
   */
  load(leads: readonly unknown[]): Promise<void>;
  /**
   * GETs one lead into the cache. Rejects with 'lead-not-found', 'unauthorized', 'request-failed', 'network' or
   * 'bad-response', and with 'lead-not-cached' where it was forgotten meanwhile.
   */
  refresh(id: string): Promise<LeadState<S>>;
  /**
   * Pages through GET /leads into the cache, at the pace of the server's rate limit. Rejects as `refresh`, and with
   * 'aborted' when its signal aborts; within five minutes the next pull with the same filters goes on where that one stopped.
   */
  pull(options?: PullOptions): Promise<{ loaded: number; total: number }>;

  /** Drops a lead from this device. Rejects with 'unsynced-edits' while it has pending or parked edits. */
  forget(id: string): Promise<void>;

  /** One lead with every edit made so far; undefined if it is not cached. */
  get(id: string): Promise<LeadState<S> | undefined>;
  /**
   * Local views chosen with Dexie's own query words:
   * `find(leads => leads.where('properties.status').equals('won').limit(50))`. Default: all, by id. Rejects with
   * 'not-indexed' for a path that the option `indexes` does not name.
   */
  find(query?: LeadQuery<S>): Promise<Lead<S>[]>;
  /**
   * The lead now and after every change in any tab; undefined while it is not cached. Once there was a first value, the new
   * view arrives in the editing tab before `edit()` returns its promise.
   */
  observe(id: string): Observable<LeadState<S> | undefined>;
  /** The result of a query now and after every change in any tab. Unchanged leads keep their identity. */
  observeAll(query?: LeadQuery<S>): Observable<readonly Lead<S>[]>;

  /**
   * Changes a lead. `recipe` is a synchronous Immer recipe and runs once. Resolves once the edit and its place in the
   * outbox are durable, online or not. Rejects with 'invalid-lead-id', 'lead-not-cached', 'read-only-field',
   * 'not-json', 'invalid-edit', 'async-recipe', 'storage-full', 'storage-unavailable', or with what the recipe throws;
   * then nothing is stored, shown or sent.
   */
  edit(id: string, recipe: (draft: DraftLead<S>) => void): Promise<Edit<S>>;
  /** The same, with a JSON Merge Patch (RFC 7396) at hand: null clears a field, undefined members do so too. */
  patch(id: string, patch: LeadPatch<S>): Promise<Edit<S>>;

  /** What is pending or parked on a lead, field by field. */
  changes(id: string): Promise<FieldChange[]>;

  readonly outbox: Outbox<S>;

  /**
   * Sends what can be sent now: overrides backoff and `autoSync: false`, but neither a wait that the server asked for, nor a
   * pause or a missing session. Resolves when nothing more can be sent.
   */
  sync(): Promise<SyncResult>;
  /**
   * Stops sending in all tabs until `resume()`, also after a reload. Requests under way are finished. Rejects with
   * 'storage-unavailable' where that cannot be stored; then only this tab stops, for as long as it lives.
   */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** The counts are those of the rows at this moment, in all tabs. Works after `close()`, and says so. */
  status(): Promise<SyncStatus>;
  observeStatus(): Observable<SyncStatus>;

  /**
   * Leaves this device, in all tabs and in the service worker; afterwards the leadbox is closed. `pending` says what
   * becomes of edits that the server does not have:
   * - 'refuse' (default): rejects with 'unsynced-edits' while any are pending or parked; else wipes everything;
   * - 'sync': sends first, and rejects the same if that does not get them all through;
   * - 'keep': keeps all data for this user's return; nothing is sent before a page opens this name again;
   * - 'discard': wipes everything, these edits included.
   */
  signOut(options?: SignOutOptions): Promise<void>;
  /** Stores what was edited so far, then stops working and frees everything. The data stays. Can be called again. */
  close(): Promise<void>;
}

export interface Outbox<S extends SectionSchemas = OpenSections> {
  /** Edits that wait to reach the server, of one lead or of all, in order. */
  pending(leadId?: string): Promise<PendingEdit<S>[]>;
  /** Edits that wait for a decision, of one lead or of all, in order. */
  parked(leadId?: string): Promise<ParkedEdit<S>[]>;
  /** Both lists now and after every change in any tab. */
  observe(leadId?: string): Observable<{
    readonly pending: readonly PendingEdit<S>[];
    readonly parked: readonly ParkedEdit<S>[];
  }>;
  /**
   * Queues a parked edit again under a new, higher seq, as it was or amended by a synchronous Immer recipe on its patch.
   * Paths that later edits of the lead set are left out before. Rejects with 'edit-not-found' and as `edit`; then it
   * stays parked.
   */
  retry(seq: number, amend?: (draft: LeadPatch<S>) => void): Promise<Edit<S>>;
  /**
   * Drops a pending or parked edit; the view is computed anew from what remains. Rejects with 'edit-in-flight' while it
   * is part of a request that has no definite answer, and with 'edit-not-found'.
   */
  discard(seq: number): Promise<void>;
  /** Everything unsynced as JSON, for support or a move to another device: edits only, no credentials. */
  export(): Promise<OutboxExport>;
  /**
   * Queues an export in its order; parked edits come in as parked, edits of leads that are not here wait until these can
   * be fetched. What is here already, or was, is skipped. Rejects with 'invalid-import' and the path, which begins with
   * the index of the edit; then nothing was imported.
   */
  import(data: unknown): Promise<{ imported: number; skipped: number }>;
}
