import type { Environment } from '../environment.ts';
import type { Edit, Layer } from '../model/edit.ts';
import type { JsonObject } from '../model/json.ts';
import type { Lead, SectionSchemas } from '../model/lead.ts';
import { applyToLead } from '../model/lead-change.ts';
import { isLeadId } from '../model/lead-schema.ts';
import { isLeadboxError, LeadboxError } from '../model/leadbox-error.ts';
import type { Database } from '../storage/database.ts';
import { type EditRequest, type StoredEdit, type StoredEdits, storeEdits } from '../storage/store-edits.ts';
import type { Change } from './change.ts';
import { checkSections } from './section-schemas.ts';
import type { Settlements } from './settlements.ts';

/** Where edits are seen before they are stored. */
export interface Screen {
  /** The lead as observers see it; undefined if nobody in this tab watches it. */
  shown(leadId: string): Lead | undefined;
  /** Shows an edit at once. */
  show(leadId: string, patch: JsonObject): Layer;
  /** It could not be stored: the view goes back in one step. */
  takeBack(layer: Layer): void;
}

export interface EditorOptions {
  readonly database: Database;
  readonly environment: Environment;
  readonly schemas: SectionSchemas;
  readonly screen: Screen;
  readonly settlements: Settlements;
  /** A group is durable: what was shown early is now what is stored. Called before its promises resolve. */
  readonly onStored: (stored: StoredEdits, shown: readonly Layer[]) => void;
}

/** Takes edits, shows them and makes them durable. */
export interface Editor {
  /** Resolves once the edit is durable. */
  edit(leadId: string, change: Change): Promise<Edit>;
  /** Resolves when every edit taken so far is stored or refused. */
  stored(): Promise<void>;
}

interface Queued {
  readonly request: EditRequest;
  readonly shown: Layer | undefined;
  readonly resolve: (edit: Edit) => void;
  readonly reject: (error: unknown) => void;
}

// A thousand edits at once must not freeze the page.
const groupSize = 250;

export function createEditor(options: EditorOptions): Editor {
  const { database, screen, settlements } = options;
  const underWay = new Set<Promise<unknown>>();
  const queue: Queued[] = [];
  let storing = false;

  /** What the edit does, found out once, however often the transaction is repeated (R2). */
  const patchOnce = (change: Change) => {
    let result: { patch: JsonObject } | { error: unknown } | undefined;
    return (view: Lead): JsonObject => {
      if (!result) {
        try {
          const patch = change(view);
          checkSections(options.schemas, applyToLead(view, patch), patch);
          result = { patch };
        } catch (error) {
          result = { error };
        }
      }
      if ('error' in result) throw result.error;
      return result.patch;
    };
  };

  /** Edits made while a transaction is open share the next one (R4). */
  const storeNext = async (): Promise<void> => {
    if (storing) return;
    storing = true;
    while (queue.length > 0) await storeGroup(queue.splice(0, groupSize));
    storing = false;
  };

  const storeGroup = async (group: readonly Queued[]): Promise<void> => {
    let stored: StoredEdits;
    try {
      stored = await storeEdits(
        database,
        group.map(({ request }) => request),
      );
    } catch (error) {
      // One edit too big for the disk must not take the others with it.
      if (group.length > 1 && isLeadboxError(error, 'storage-full')) {
        for (const queued of group) await storeGroup([queued]);
        return;
      }
      for (const { shown, reject } of group) {
        if (shown) screen.takeBack(shown);
        reject(error);
      }
      return;
    }
    options.onStored(
      stored,
      group.flatMap(({ shown }) => shown ?? []),
    );
    for (const [index, queued] of group.entries()) end(queued, stored.edits[index] as StoredEdit); // one outcome per request
  };

  const end = ({ request, resolve, reject }: Queued, stored: StoredEdit) => {
    if (stored.kind === 'refused') return reject(stored.error);
    resolve(stored.kind === 'unchanged' ? unchanged(request.leadId) : asEdit(stored.row));
  };

  const asEdit = ({ seq, leadId, patch }: { seq: number; leadId: string; patch: JsonObject }): Edit => ({
    ...{ seq, leadId, patch },
    settled: settlements.of(leadId, seq),
  });

  const take = async (leadId: string, change: Change): Promise<Edit> => {
    if (!isLeadId(leadId)) {
      throw new LeadboxError('invalid-lead-id', 'A lead id is a UUID. Pass the `id` of a lead that the API returned.');
    }
    const patchOn = patchOnce(change);
    const view = screen.shown(leadId);
    let shown: Layer | undefined;
    if (view) {
      const patch = patchOn(view);
      if (applyToLead(view, patch) === view) return unchanged(leadId);
      shown = screen.show(leadId, patch);
    }
    const madeAt = new Date(options.environment.clock.now()).toISOString();
    return new Promise((resolve, reject) => {
      queue.push({ request: { leadId, madeAt, patchOn }, shown, resolve, reject });
      void storeNext();
    });
  };

  return {
    edit(leadId, change) {
      const edit = take(leadId, change);
      underWay.add(edit);
      edit.then(
        () => underWay.delete(edit),
        () => underWay.delete(edit),
      );
      return edit;
    },
    async stored() {
      await Promise.allSettled([...underWay]);
    },
  };
}

function unchanged(leadId: string): Edit {
  return { seq: 0, leadId, patch: {}, settled: Promise.resolve({ outcome: 'unchanged' }) };
}
