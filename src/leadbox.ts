import { createLeadApi } from './api/lead-api.ts';
import type { Leadbox } from './contract.ts';
import { patchChange, recipeChange } from './edit/change.ts';
import { createEditor } from './edit/editor.ts';
import { createSettlements, parkedEdit } from './edit/settlements.ts';
import { createFill } from './fill/fill-cache.ts';
import type { LeadState } from './model/edit.ts';
import type { OpenSections, SectionSchemas } from './model/lead.ts';
import { viewOf } from './model/lead-change.ts';
import type { LeadboxEvent, SyncStatus } from './model/status.ts';
import { syncStatus } from './model/sync-status.ts';
import { createOtherTabs } from './observe/other-tabs.ts';
import { createStatusObservers } from './observe/status-observers.ts';
import { createViews } from './observe/views.ts';
import { createSettings, type LeadboxOptions } from './options.ts';
import { createReplay } from './replay/replay.ts';
import type { Turn } from './replay/turn.ts';
import { closed, createDatabase } from './storage/database.ts';
import { countRows, type LeadQuery, readOutbox, readQuery } from './storage/read-leads.ts';
import { createReplayMemory } from './storage/replay-memory.ts';

/**
 * Opens the leads and the outbox of this device, and starts sending what an earlier session left. Where there is no
 * IndexedDB, as on a server, nothing happens until a method is called; that one rejects with 'storage-unavailable'.
 * @throws LeadboxError 'invalid-option', naming the option.
 */
export function createLeadbox<S extends SectionSchemas = OpenSections>(options: LeadboxOptions<S> = {}): Leadbox<S> {
  const settings = createSettings(options);
  const { environment, name, schemas } = settings;
  const { clock, connectivity, lifecycle } = environment;
  const closing = new AbortController();
  const isClosed = () => closing.signal.aborted;
  // What an observer throws is the page's business: it reaches its error handler, and the others are told all the same.
  const reportError = (error: unknown) => {
    clock.setTimeout(() => {
      throw error;
    }, 0);
  };

  const onEvent =
    settings.onEvent &&
    ((event: LeadboxEvent) => {
      try {
        settings.onEvent?.(event);
      } catch (error) {
        reportError(error);
      }
    });

  // ---------------------------------------------------------------- what is stored, and who looks at it

  let takenAway: SyncStatus['waitingFor'];
  const database = createDatabase(settings, (byUpdate) => {
    takenAway = byUpdate ? 'update' : 'storage';
    if (byUpdate) onEvent?.({ type: 'update-required' });
    status.touch();
  });
  const views = createViews(database, reportError);
  const settlements = createSettlements(database);

  let counts = { pending: 0, parked: 0 };
  const readStatus = async (): Promise<SyncStatus> => {
    try {
      if (!isClosed()) counts = await countRows(database);
    } catch (error) {
      if (!takenAway) throw error; // otherwise that is what the status tells
    }
    const { autoSync } = settings;
    return syncStatus(counts, replay.progress(), {
      isClosed: isClosed(),
      takenAway,
      autoSync,
      onLine: connectivity.onLine(),
    });
  };
  const onState = onEvent && ((now: SyncStatus) => onEvent({ type: 'status', status: now }));
  const status = createStatusObservers(readStatus, onState, reportError);

  // ---------------------------------------------------------------- an edit: shown, stored, then sent

  const editor = createEditor({
    ...{ database, clock, schemas, settlements, screen: views },
    onStored(leadIds) {
      void changedHere(leadIds);
      replay.trigger();
    },
  });

  const api = createLeadApi(settings, closing.signal);
  const memory = createReplayMemory(name, environment);
  const replay = createReplay({
    ...settings,
    ...{ database, memory, send: api.patch, onTurn: (turn) => tell(turn), onProgress: () => status.touch() },
  });

  /** What the server's answers came to. An edit is settled for the app once its observers have the outcome. */
  let synced = 0;
  // Grows with what the server acknowledged: a GET that began before may be older than it looks.
  let changes = 0;
  const tell = ({ settled }: Turn) => {
    changes += settled.length;
    const shown = changedHere(settled.map(({ record }) => record.id));
    for (const { record, acknowledged, parked, differs, isOutdated } of settled) {
      const leadId = record.id;
      synced += acknowledged.length;
      void shown.then(() => {
        settlements.synced(acknowledged, viewOf(record));
        parked.forEach(settlements.parked);
      });
      for (const { seq, reason, status: refusal } of parked) {
        onEvent?.({ type: 'parked', leadId, seq, reason, status: refusal });
      }
      if (differs.length) onEvent?.({ type: 'server-differs', leadId, paths: differs });
      if (isOutdated) fill.refresh(leadId).catch(ignored); // the next answer or pull tells the same
    }
  };

  // ---------------------------------------------------------------- the cache, other tabs, the page

  const fill = createFill(database, api, { changes: () => changes, onStored: changedHere });

  const tabs = createOtherTabs(name, environment, (message) => {
    if (message.paused === undefined) changedElsewhere(message.leadIds);
    else void replay.setPaused(message.paused, true);
  });

  /** Rows changed in this tab. Resolves when its observers know. */
  function changedHere(leadIds: readonly string[]): Promise<unknown> {
    status.touch();
    if (leadIds.length) tabs.tell({ leadIds });
    return views.changed(leadIds);
  }

  /** Rows changed elsewhere, or may have; undefined: any. `isRelieving`: also a reason to stop backing off. */
  function changedElsewhere(leadIds?: readonly string[], isRelieving?: boolean): void {
    changes++;
    void views.changed(leadIds);
    status.touch();
    settlements.recheck(leadIds).catch(ignored); // asked again at the next notice
    replay.trigger(isRelieving);
  }

  const stops = [
    connectivity.subscribe(() => {
      status.touch();
      if (connectivity.onLine()) replay.trigger(true);
    }),
    lifecycle.subscribe((to) => {
      if (to === 'visible' || to === 'resumed') changedElsewhere(undefined, true);
    }),
    closeDatabases,
    tabs.close,
    views.end,
    status.end,
  ];
  function closeDatabases(): void {
    memory.close();
    database.close();
  }
  if (environment.indexedDB) replay.trigger();

  // ---------------------------------------------------------------- what the app holds

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
  let ended: Promise<void> | undefined;

  const leadbox: Leadbox = {
    load: (leads) => open(() => fill.load(leads)),
    refresh: (id) =>
      open(async () => {
        await fill.refresh(id);
        return (await views.read(id)) as LeadState; // it was just stored
      }),
    pull: (terms = {}) => open(() => fill.pull(terms)),
    get: (id) => read(() => views.read(id)),
    find: (query = all) => read(async () => [...(await readQuery(database, query)).leads]),
    observe: views.observe,
    observeAll: (query = all) => views.observeAll(query),
    edit: (id, recipe) => open(() => editor.edit(id, recipeChange(recipe))),
    patch: (id, patch) => open(() => editor.edit(id, patchChange(patch))),
    outbox: {
      pending: (leadId) =>
        read(async () => {
          const [pending, , bases] = await readOutbox(database, leadId);
          const sent = new Set(bases.flatMap(({ batch }) => batch?.seqs ?? []));
          return pending.map((row) => ({ ...row, sent: sent.has(row.seq) }));
        }),
      parked: (leadId) => read(async () => (await readOutbox(database, leadId))[1].map(parkedEdit)),
    },
    sync: () =>
      read(async () => {
        const before = synced;
        await replay.sync();
        const { pending, parked, waitingFor } = await readStatus();
        return { synced: synced - before, pending, parked, waitingFor };
      }),
    pause: () => setPaused(true),
    resume: () => setPaused(false),
    status: readStatus,
    observeStatus: () => status.observable,
    close() {
      ended ??= (async () => {
        closing.abort();
        await Promise.all([editor.stored(), replay.close()]);
        counts = await countRows(database).catch(() => counts);
        for (const stop of stops) stop();
      })();
      return ended;
    },
  };
  return leadbox as unknown as Leadbox<S>; // S only narrows what its sections hold
}

/** For what fails without harm: the comment at its use says why. */
function ignored(): void {}
