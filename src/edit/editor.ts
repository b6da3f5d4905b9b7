import type { Clock } from '../environment.ts';
import { coalesced } from '../model/coalesced.ts';
import type { Edit, Layer } from '../model/edit.ts';
import type { JsonObject } from '../model/json.ts';
import type { Lead, SectionSchemas } from '../model/lead.ts';
import { applyToLead } from '../model/lead-change.ts';
import type { PendingRow } from '../model/lead-record.ts';
import { checkLeadId } from '../model/lead-schema.ts';
import { isLeadboxError } from '../model/leadbox-error.ts';
import type { Database } from '../storage/database.ts';
import { type EditRequest, type StoredEdit, storeEdits } from '../storage/store-edits.ts';
import type { Change } from './change.ts';
import { checkSections } from './section-schemas.ts';

/** Where edits are seen before they are stored. */
export interface Screen {
  /** The lead as observers see it; undefined if nobody in this tab watches it. */
  shown(leadId: string): Lead | undefined;
  /** Shows an edit at once. */
  show(leadId: string, patch: JsonObject): Layer;
  /** These edits are stored now. */
  stored(layers: readonly Layer[]): void;
  /** It could not be stored: the view goes back in one step. */
  takeBack(layer: Layer): void;
}

export interface EditorHost {
  readonly database: Database;
  readonly clock: Clock;
  readonly schemas: SectionSchemas;
  readonly screen: Screen;
  /** The ETag that came with a lead, as far as it is known. */
  readonly etagOf: (lead: Lead) => string | undefined;
  /** The edit of a row that is durable now. */
  readonly editOf: (row: PendingRow) => Edit;
  /** Edits of these leads are on their way to the disk: whoever looks from now on waits for that. */
  readonly onWritten: (leadIds: readonly string[]) => void;
  /** Edits of these leads are durable; called before their promises resolve. */
  readonly onStored: (leadIds: readonly string[]) => void;
}

/** Takes edits, shows them and makes them durable. */
export interface Editor {
  /** Resolves once the edit is durable. */
  edit(leadId: string, change: Change): Promise<Edit>;
  /**
   * The same on what is stored, other tabs' edits among it that this one has not heard of; shown once it is durable.
   * Schemas are not asked: it restores what was there (R67).
   */
  editStored(leadId: string, change: Change): Promise<Edit>;
  /** Resolves when every edit taken so far is stored or refused. */
  stored(): Promise<void>;
  /** The leads of the edits that are neither yet. */
  leadIds(): Iterable<string>;
}

interface Queued {
  readonly request: EditRequest;
  layer: Layer | undefined;
  readonly resolve: (edit: Edit) => void;
  readonly reject: (error: unknown) => void;
}

/** So many share a transaction at most: nobody else's begins meanwhile. */
const groupSize = 1_000;

export function createEditor(host: EditorHost): Editor {
  const { database, clock, schemas, screen, etagOf, editOf } = host;
  const queue: Queued[] = [];
  const underWay = new Map<Promise<Edit>, string>();

  const patchOf = (change: Change) => (view: Lead) => {
    const patch = change(view);
    checkSections(schemas, view, patch);
    return patch;
  };

  /** What the edit does, found out once, however often the transaction is repeated (R2). */
  const patchOnce = (change: Change) => {
    let patch: JsonObject | undefined;
    let failed: { readonly error: unknown } | undefined;
    return (view: Lead): JsonObject => {
      try {
        if (!failed) patch ??= patchOf(change)(view);
      } catch (error) {
        failed = { error };
      }
      if (failed) throw failed.error;
      return patch ?? {};
    };
  };

  /** Edits made while a transaction is open share the next one (R4). */
  const store = coalesced(async () => {
    while (queue.length) await storeGroup(queue.splice(0, groupSize));
  });

  const storeGroup = async (group: readonly Queued[]): Promise<void> => {
    const requests = group.map(({ request }) => request);
    const leadIds = requests.map(({ leadId }) => leadId);
    let stored: readonly StoredEdit[];
    try {
      stored = await storeEdits(database, requests, etagOf, () => host.onWritten(leadIds));
    } catch (error) {
      // One edit too big for the disk must not take the others with it.
      if (group.length > 1 && isLeadboxError(error, 'storage-full')) {
        for (const queued of group) await storeGroup([queued]);
        return;
      }
      for (const { layer, reject } of group) {
        if (layer) screen.takeBack(layer);
        reject(error);
      }
      return;
    }
    for (const [index, { layer }] of group.entries()) {
      const outcome = stored[index];
      if (layer && outcome && 'seq' in outcome) layer.seq = outcome.seq;
    }
    screen.stored(group.flatMap(({ layer }) => layer ?? []));
    host.onStored(leadIds);
    for (const [index, { request, resolve, reject }] of group.entries()) {
      const outcome = stored[index];
      if (!outcome) {
        resolve(unchanged(request.leadId));
      } else if ('error' in outcome) {
        reject(outcome.error);
      } else {
        resolve(editOf(outcome));
      }
    }
  };

  const take = (leadId: string, patchOn: EditRequest['patchOn'], view: Lead | undefined) =>
    new Promise<Edit>((resolve, reject) => {
      checkLeadId(leadId);
      const request = { leadId, madeAt: new Date(clock.now()).toISOString(), patchOn };
      const patch = view && patchOn(view);
      // Whether it changes anything is decided by what is stored, not by what is only shown.
      const isSeen = patch && applyToLead(view, patch) !== view;
      const queued: Queued = { request, layer: undefined, resolve, reject };
      // In the queue before it is shown: an observer may edit in turn, and comes after.
      queue.push(queued);
      if (isSeen) queued.layer = screen.show(leadId, patch);
      void store();
    });

  const track = (leadId: string, edit: Promise<Edit>) => {
    underWay.set(edit, leadId);
    const done = () => underWay.delete(edit);
    edit.then(done, done);
    return edit;
  };

  return {
    edit: (leadId, change) => track(leadId, take(leadId, patchOnce(change), screen.shown(leadId))),
    editStored: (leadId, change) => track(leadId, take(leadId, change, undefined)),
    leadIds: () => underWay.values(),
    async stored() {
      await Promise.allSettled(underWay.keys());
    },
  };
}

/** An edit that changes nothing. */
export function unchanged(leadId: string): Edit {
  return {
    ...{ seq: 0, leadId, patch: {}, settled: Promise.resolve({ outcome: 'unchanged' as const }) },
    undo: () => Promise.resolve(undefined),
  };
}
