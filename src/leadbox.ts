import { createLeadApi } from './api/lead-api.ts';
import type { Leadbox } from './contract.ts';
import { patchChange, recipeChange } from './edit/change.ts';
import { createEditor } from './edit/editor.ts';
import { createSettlements, parkedEdit } from './edit/settlements.ts';
import { createFill } from './fill/fill-cache.ts';
import type { PendingEdit } from './model/edit.ts';
import type { OpenSections, SectionSchemas } from './model/lead.ts';
import { LeadboxError } from './model/leadbox-error.ts';
import type { SyncStatus } from './model/status.ts';
import { syncStatus } from './model/sync-status.ts';
import type { StoredChange } from './observe/lead-observers.ts';
import { createOtherTabs } from './observe/other-tabs.ts';
import { createStatusObservers } from './observe/status-observers.ts';
import { createViews } from './observe/views.ts';
import { createSettings, type LeadboxOptions } from './options.ts';
import { createReplay } from './replay/replay.ts';
import { type Turn, takeTurn } from './replay/turn.ts';
import { closed, createDatabase } from './storage/database.ts';
import { countRows, readOutbox, readQuery } from './storage/read-leads.ts';
import { createReplayMemory } from './storage/replay-memory.ts';

/**
 * Opens the leads and the outbox of this device, and starts sending what an earlier session left. Where there is no
 * IndexedDB, as on a server, nothing happens until a method is called; that one rejects with 'storage-unavailable'.
 * @throws LeadboxError 'invalid-option', naming the option.
 */
export function createLeadbox<S extends SectionSchemas = OpenSections>(options: LeadboxOptions<S> = {}): Leadbox<S> {
  const settings = createSettings(options);
  const { environment, name } = settings;
  const { clock } = environment;
  const closing = new AbortController();
  const isClosed = () => closing.signal.aborted;
  // What an observer throws is the page's business: it reaches its error handler, and the others are told all the same.
  const reportError = (error: unknown) => {
    clock.setTimeout(() => {
      throw error;
    }, 0);
  };

  // ------------------------------------------------------------ storage, and who looks at it

  let takenAway: 'update' | 'deletion' | undefined;
  let counts = { pending: 0, parked: 0 };
  const database = createDatabase({
    ...{ name, environment, indexes: settings.indexes, durability: settings.durability },
    onTakenAway(by) {
      takenAway = by;
      if (by === 'update') settings.onEvent?.({ type: 'update-required' });
      status.touch();
    },
  });
  const memory = createReplayMemory(name, environment);
  const views = createViews(database, reportError);
  const settlements = createSettlements(database);
  const tabs = createOtherTabs(`leadbox:${name}`, environment, (message) => {
    if (isClosed()) return;
    if (message.type === 'paused') replay.pausedElsewhere(message.paused);
    else changedElsewhere(message.leadIds);
  });
  const readCounts = async () => {
    counts = await countRows(database);
  };
  const readStatus = async (): Promise<SyncStatus> => {
    if (!isClosed() && !takenAway) await readCounts();
    return syncStatus({
      ...{ counts, progress: replay.progress(), isClosed: isClosed(), takenAway },
      ...{ autoSync: settings.autoSync, onLine: environment.connectivity.onLine() },
    });
  };
  const status = createStatusObservers(
    readStatus,
    settings.onEvent && ((now) => settings.onEvent?.({ type: 'status', status: now })),
    reportError,
  );

  // ------------------------------------------------------------ an edit: shown, stored, then sent

  const editor = createEditor({
    ...{ database, environment, settlements, schemas: settings.schemas },
    screen: views,
    onStored(stored, layers) {
      const changes = new Map<string, StoredChange>();
      for (const [id, { lead, base, edits }] of stored.leads) {
        changes.set(id, { lead, base, pending: { more: edits }, parkedMore: 0 });
      }
      views.stored(changes, layers);
      if (changes.size === 0) return;
      changedHere([...changes.keys()]);
      replay.trigger();
    },
  });

  // ------------------------------------------------------------ replay: what was stored goes to the server

  const api = createLeadApi({ ...settings, closed: closing.signal });
  const replay = createReplay({
    ...{ environment, concurrency: settings.concurrency, retry: settings.retry, autoSync: settings.autoSync },
    lockName: `leadbox:${name}`,
    memory,
    send: api.patch,
    async takeTurn(plan, isOver) {
      const turn = await takeTurn(database, {
        ...plan,
        ordering: settings.ordering,
        fenced: settings.idempotencyHeader === undefined,
        terms: {
          ...{ now: clock.now(), timeout: settings.timeout, coalesce: settings.coalesce, isOver },
          newId: batchId,
        },
      });
      tookTurn(turn);
      return turn;
    },
    onProgress: () => status.touch(),
  });

  // Unique without anything to look up: a random name for this leadbox, and a number. Once frozen in its rows it stays.
  const sender = Array.from({ length: 4 }, () => Math.floor(environment.random() * 2 ** 32).toString(36)).join('');
  let batches = 0;
  let synced = 0;
  const batchId = () => `${sender}-${++batches}`;

  function tookTurn(turn: Turn): void {
    const parked = turn.settled.flatMap((settled) => settled.parked);
    const changes = new Map<string, StoredChange>();
    for (const [id, change] of turn.changed) {
      changes.set(id, { ...change, parkedMore: parked.filter((row) => row.leadId === id).length });
    }
    views.stored(changes, []);
    for (const { leadId, acknowledged, differs, outdated } of turn.settled) {
      const lead = turn.changed.get(leadId)?.lead;
      synced += acknowledged.length;
      if (lead) settlements.synced(leadId, acknowledged, lead);
      if (differs.length > 0) settings.onEvent?.({ type: 'server-differs', leadId, paths: differs });
      if (outdated) fill.refresh(leadId).catch(ignored); // the next answer or pull tells the same
    }
    for (const row of parked) {
      settlements.parked(row);
      const { leadId, seq, reason, status: refusal } = row;
      settings.onEvent?.({ type: 'parked', leadId, seq, reason, status: refusal });
    }
    if (changes.size > 0) changedHere([...changes.keys()]);
  }

  // ------------------------------------------------------------ the cache, other tabs, the page

  const fill = createFill({
    ...{ database, api },
    onStored(leadIds) {
      if (leadIds.length === 0) return;
      views.changed(leadIds);
      changedHere(leadIds);
    },
  });

  /** Rows changed in this tab, and its observers know. */
  function changedHere(leadIds: readonly string[]): void {
    status.touch();
    tabs.tell({ type: 'changed', leadIds });
  }

  /** Rows changed elsewhere, or may have; undefined: any. */
  function changedElsewhere(leadIds: readonly string[] | undefined): void {
    views.changed(leadIds);
    status.touch();
    settlements.recheck(leadIds).catch(ignored); // asked again at the next notice
    replay.trigger();
  }

  const stops = [
    environment.connectivity.subscribe(() => {
      if (environment.connectivity.onLine()) replay.trigger('relieving');
      status.touch();
    }),
    environment.lifecycle.subscribe((to) => {
      if (to !== 'visible' && to !== 'resumed') return;
      changedElsewhere(undefined);
      replay.trigger('relieving');
    }),
  ];
  if (environment.indexedDB) replay.trigger();

  // ------------------------------------------------------------ what the app holds

  /** Every method of the public object: an error after `close()`, and never one that is thrown. */
  const open = async <T>(run: () => T | Promise<T>): Promise<T> => {
    if (isClosed()) throw closed();
    return run();
  };

  const pauseAll = async (paused: boolean) => {
    await (paused ? replay.pause() : replay.resume());
    tabs.tell({ type: 'paused', paused });
  };

  let ended: Promise<void> | undefined;
  const end = async () => {
    closing.abort();
    for (const stop of stops) stop();
    await Promise.all([editor.stored(), replay.close()]);
    await readCounts().catch(ignored); // then the status tells the last counts known
    views.complete();
    status.complete();
    tabs.close();
    memory.close();
    database.close();
  };

  const leadbox: Leadbox = {
    load: (leads) => open(() => fill.load(leads)),
    refresh: (id) =>
      open(async () => {
        await fill.refresh(id);
        const state = await views.read(id);
        if (!state) throw new LeadboxError('lead-not-found', `Lead ${id} was removed while it was being fetched.`);
        return state;
      }),
    pull: (terms = {}) => open(() => fill.pull(terms)),
    get: (id) =>
      open(async () => {
        await editor.stored();
        return views.read(id);
      }),
    find: (query = (leads) => leads.toCollection()) =>
      open(async () => {
        await editor.stored();
        return readQuery(database, query);
      }),
    observe: views.observe,
    observeAll: (query = (leads) => leads.toCollection()) => views.observeAll(query),
    edit: (id, recipe) => open(() => editor.edit(id, recipeChange(recipe))),
    patch: (id, patch) => open(() => editor.edit(id, patchChange(patch))),
    outbox: {
      pending: (leadId) =>
        open(async (): Promise<PendingEdit[]> => {
          const { pending, bases } = await readOutbox(database, leadId);
          const sent = new Set(bases.flatMap((base) => base.batch?.seqs ?? []));
          return pending.map((row) => ({ ...row, sent: sent.has(row.seq) }));
        }),
      parked: (leadId) => open(async () => (await readOutbox(database, leadId)).parked.map(parkedEdit)),
    },
    sync: () =>
      open(async () => {
        await editor.stored();
        const before = synced;
        await replay.sync();
        const { pending, parked, waitingFor } = await readStatus();
        return { synced: synced - before, pending, parked, ...(waitingFor === undefined ? {} : { waitingFor }) };
      }),
    pause: () => open(() => pauseAll(true)),
    resume: () => open(() => pauseAll(false)),
    status: readStatus,
    observeStatus: () => status.observable,
    close() {
      ended ??= end();
      return ended;
    },
  };
  return leadbox as unknown as Leadbox<S>; // S only narrows what its sections hold
}

/** For what fails without harm: the comment at its use says why. */
function ignored(): void {}
