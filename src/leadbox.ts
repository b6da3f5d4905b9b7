import type { Leadbox } from './contract.ts';
import { patchChange, recipeChange } from './edit/change.ts';
import { signOut } from './leave/sign-out.ts';
import { fieldChanges } from './model/changes.ts';
import type { OpenSections, SectionSchemas } from './model/lead.ts';
import { checkLeadId } from './model/lead-schema.ts';
import { LeadboxError } from './model/leadbox-error.ts';
import { createSettings, type LeadboxOptions, type Settings } from './options.ts';
import { closed } from './storage/connection.ts';
import { deleteDatabases, removeLead } from './storage/empty-tables.ts';
import { type LeadQuery, readQuery, readUnsynced } from './storage/read-leads.ts';
import { wire } from './wiring.ts';

/**
 * Opens the leads and the outbox of this device, and starts sending what an earlier session left. Where there is no
 * IndexedDB, as on a server, nothing happens until a method is called; that one rejects with 'storage-unavailable'.
 * @throws LeadboxError 'invalid-option', naming the option.
 */
export function createLeadbox<S extends SectionSchemas = OpenSections>(options: LeadboxOptions<S> = {}): Leadbox<S> {
  return leadboxOf(createSettings(options), false) as unknown as Leadbox<S>; // S only narrows what its sections hold
}

/** What an app holds. `isWorker`: in a service worker, which sends for a while what pages left behind. */
export function leadboxOf(settings: Settings, isWorker: boolean): Leadbox {
  const { name, environment } = settings;
  const { database, memory, views, editor, outbox, fill, replay, tabs, status, ...parts } = wire(settings, isWorker);
  const { changedHere, close, isClosed, readStatus, synced } = parts;

  /** Methods reject, they never throw; and after `close()` they all do. */
  const open = async <T>(run: () => T | Promise<T>): Promise<T> => {
    if (isClosed()) throw closed();
    return run();
  };
  /** Reads see every edit made before. */
  const read = <T>(run: () => Promise<T>): Promise<T> =>
    open(async () => {
      await editor.stored();
      return run();
    });
  const all: LeadQuery = (leads) => leads.toCollection();
  const setPaused = (paused: boolean) =>
    open(async () => {
      await replay.setPaused(paused);
      tabs.tell({ paused });
    });

  return {
    load: (leads) => open(() => fill.load(leads)),
    refresh: (id) =>
      open(async () => {
        await fill.refresh(id);
        const state = await views.read(id);
        if (!state) throw new LeadboxError('lead-not-cached', `Lead ${id} was forgotten meanwhile.`);
        return state;
      }),
    pull: (terms = {}) => open(() => fill.pull(terms)),
    forget: (id) =>
      read(async () => {
        checkLeadId(id);
        await removeLead(database, id);
        void changedHere([id]);
      }),
    get: (id) => read(() => views.read(id)),
    find: (query = all) => read(async () => [...(await readQuery(database, query)).leads]),
    observe: views.observe,
    observeAll: (query = all) => views.observeAll(query),
    edit: (id, recipe) => open(() => editor.edit(id, recipeChange(recipe))),
    patch: (id, patch) => open(() => editor.edit(id, patchChange(patch))),
    changes: (id) =>
      read(async () => {
        checkLeadId(id);
        return fieldChanges(await readUnsynced(database, id));
      }),
    outbox: {
      pending: (leadId) => read(() => outbox.pending(leadId)),
      parked: (leadId) => read(() => outbox.parked(leadId)),
      observe: views.observeOutbox,
      retry: (seq, amend) => read(() => outbox.retry(seq, amend)),
      discard: (seq) => read(() => outbox.discard(seq)),
      export: () => read(outbox.export),
      import: (data) => read(() => outbox.import(data)),
    },
    sync: () =>
      read(async () => {
        const before = synced();
        await replay.sync();
        const { pending, parked, waitingFor } = await readStatus();
        return { synced: synced() - before, pending, parked, waitingFor };
      }),
    pause: () => setPaused(true),
    resume: () => setPaused(false),
    status: readStatus,
    observeStatus: () => status.observable,
    signOut: (way = {}) =>
      open(() =>
        signOut(way.pending, {
          ...{ database, memory, close, stored: editor.stored, sync: replay.sync },
          endOthers: (isWiped) => tabs.tell({ ended: { isWiped } }),
          deleteDatabases: () => deleteDatabases(name, environment),
        }),
      ),
    close,
  };
}
