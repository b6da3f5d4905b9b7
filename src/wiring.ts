import { createLeadApi } from './api/lead-api.ts';
import { createEditor, type Editor } from './edit/editor.ts';
import { createOutbox, type OutboxActions } from './edit/outbox.ts';
import { createSettlements } from './edit/settlements.ts';
import { undoPatch } from './edit/undo.ts';
import { createFill, type Fill } from './fill/fill-cache.ts';
import { createBackgroundSync } from './leave/background-sync.ts';
import type { Edit } from './model/edit.ts';
import { viewOf } from './model/lead-change.ts';
import type { ParkedRow, PendingRow } from './model/lead-record.ts';
import { isLeadboxError } from './model/leadbox-error.ts';
import { touchedPaths } from './model/merge-patch.ts';
import type { SyncStatus, Warning } from './model/status.ts';
import { syncStatus } from './model/sync-status.ts';
import { createEvents } from './observe/events.ts';
import { createOtherTabs, type OtherTabs } from './observe/other-tabs.ts';
import { createReReading } from './observe/re-reading.ts';
import { createStatusObservers, type StatusObservers } from './observe/status-observers.ts';
import { createViews, type Views } from './observe/views.ts';
import type { Settings } from './options.ts';
import { createReplay, type Replay } from './replay/replay.ts';
import type { Turn } from './replay/turn.ts';
import { closed, createDatabase, type Database } from './storage/database.ts';
import { makeRoom } from './storage/make-room.ts';
import { countRows, pendingLeadIds } from './storage/read-leads.ts';
import { createReplayMemory, type ReplayMemory } from './storage/replay-memory.ts';

/** Everything a leadbox is made of, connected. */
export interface Parts {
  readonly database: Database;
  readonly memory: ReplayMemory;
  readonly views: Views;
  readonly editor: Editor;
  readonly outbox: OutboxActions;
  readonly fill: Fill;
  readonly replay: Replay;
  readonly tabs: OtherTabs;
  readonly status: StatusObservers;
  readonly readStatus: () => Promise<SyncStatus>;
  /** How many edits the server acknowledged to this leadbox so far. */
  readonly synced: () => number;
  readonly changedHere: (leadIds: readonly string[]) => Promise<unknown>;
  readonly isClosed: () => boolean;
  readonly close: () => Promise<void>;
}

/** Connects the parts. `isWorker`: in a service worker, which sends for a while what pages left behind. */
export function wire(settings: Settings, isWorker: boolean): Parts {
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

  const onEvent = createEvents(settings.onEvent, environment, reportError);

  // ---------------------------------------------------------------- what is stored, and who looks at it

  let takenAway: SyncStatus['waitingFor'];
  const database = createDatabase(settings, {
    onTakenAway(byUpdate) {
      takenAway = byUpdate ? 'update' : 'storage';
      if (byUpdate) onEvent({ type: 'update-required' });
      memory.close(); // opened again, it would come back without the rows it belongs to
      status.touch();
    },
    async onFull(needed) {
      const kept = new Set([...views.watched().keys(), ...editor.leadIds(), ...needed]);
      const evicted = await makeRoom(database.withoutMakingRoom, kept).catch(() => []);
      void views.changed(evicted);
      tabs.tell({ evicted });
      return evicted.length > 0;
    },
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
  const onState = settings.onEvent && ((now: SyncStatus) => onEvent({ type: 'status', status: now }));
  const status = createStatusObservers(readStatus, onState, reportError);

  // ---------------------------------------------------------------- an edit: shown, stored, then sent

  const editor = createEditor({
    ...{ database, clock, schemas, editOf, screen: views, etagOf: (lead) => api.etagOf(lead) },
    onStored(leadIds) {
      stored(leadIds);
      if (settings.autoSync) backgroundSync.afterEdit();
      void askToKeep();
    },
  });

  const newName = () => Array.from('1234', () => Math.floor(environment.random() * 2 ** 32).toString(36)).join('');

  function editOf(row: PendingRow): Edit {
    const { seq, leadId, patch } = row;
    const own = { ...row }; // what it replaced is noted in it when it is synced
    let isDropped = false;
    const undo = async (): Promise<Edit | undefined> => {
      if (isClosed()) throw closed();
      if (isDropped) return undefined;
      try {
        await outbox.discard(seq);
        isDropped = true;
        return undefined;
      } catch (error) {
        // Sent: what it changed is the server's now, or may be.
        if (!isLeadboxError(error, 'edit-in-flight') && !isLeadboxError(error, 'edit-not-found')) throw error;
      }
      const stored = await database.run('r', ({ outbox: rows }) => rows.get(seq));
      const edit = await editor.edit(leadId, (view) => undoPatch(stored ?? own, view));
      return edit.seq ? edit : undefined;
    };
    return { seq, leadId, patch, settled: settlements.of(own), undo };
  }

  const outbox = createOutbox({ database, clock, schemas, settlements, newName, editOf, onStored: stored });

  let isAsked = !settings.persist;
  /** Asks the browser once not to clear this storage when the device runs low (R74). Nothing waits for it. */
  async function askToKeep(): Promise<void> {
    if (isAsked) return;
    isAsked = true;
    // Where it cannot be asked, it cannot be refused either; browsers that are older have the object without the method.
    const isKept = await (async () => environment.storage?.persist())().catch(ignored);
    if (isKept !== false) return;
    const message =
      'The browser may delete unsent edits when storage runs low: it did not grant persistent storage. Installing the app, or letting it notify, usually changes that.';
    warn('storage-not-persistent', message);
  }

  const warn = (code: Warning, message: string) => onEvent({ type: 'warning', code, message });
  const api = createLeadApi({ ...settings, onWarning: warn }, closing.signal);
  const memory = createReplayMemory(name, environment);
  // A page that opens the name brings its user back; a mark that is found later was set by another tab since (R73).
  const markAsBack = () => memory.write({ isSignedOut: false });
  let isMarked = environment.indexedDB && !isWorker ? markAsBack() : undefined;
  const replay = createReplay({
    ...settings,
    ...{ database, memory, isWorker, newName, send: api.patch, look: api.look, onTurn: (turn) => tell(turn) },
    onProgress: () => status.touch(),
    onWaiting: () => backgroundSync.mayBeLeft(),
    async onSignedOut() {
      if (isWorker) return false;
      if (!(await isMarked)) {
        isMarked = markAsBack(); // it could not be stored when the page opened
        return isMarked;
      }
      void close();
      return false;
    },
  });

  /** What the server's answers came to. An edit is settled for the app once its observers have the outcome. */
  let synced = 0;
  // Grows with what the server acknowledged: a GET that began before may be older than it looks.
  let changes = 0;
  const tell = ({ settled, parkedUnsent, batches }: Turn) => {
    views.sending(batches.map(({ leadId }) => leadId));
    changes += settled.length;
    const shown = changedHere([...settled.map(({ record }) => record.id), ...parkedUnsent.map(({ leadId }) => leadId)]);
    tellParked(parkedUnsent, shown);
    for (const { record, acknowledged, parked, differs, lost, isOutdated } of settled) {
      const leadId = record.id;
      synced += acknowledged.length;
      void shown.then(() => settlements.synced(acknowledged, viewOf(record)));
      tellParked(parked, shown);
      const replaced = touchedPaths(lost);
      if (replaced.length) onEvent({ type: 'sections-replaced', leadId, paths: replaced });
      if (differs.length) onEvent({ type: 'server-differs', leadId, paths: differs });
      if (isOutdated) fill.refresh(leadId).catch(ignored); // the next answer or pull tells the same
    }
  };

  const tellParked = (rows: readonly ParkedRow[], shown: Promise<unknown>) => {
    void shown.then(() => rows.forEach(settlements.parked));
    for (const { leadId, seq, reason, status: refusal } of rows) {
      onEvent({ type: 'parked', leadId, seq, reason, status: refusal });
    }
  };

  // ---------------------------------------------------------------- the cache, other tabs, the page

  const fill = createFill(database, api, {
    ...{ clock, random: environment.random, closed: closing.signal },
    changes: () => changes,
    onStored({ ids, unreadable }) {
      tellParked(unreadable, changedHere(ids));
    },
  });

  const tabs = createOtherTabs(name, environment, ({ leadIds, evicted, paused, ended }) => {
    if (ended) leave(ended.isWiped);
    else if (paused !== undefined) void replay.setPaused(paused, true);
    else if (evicted)
      putBack(evicted)
        .catch(ignored)
        .finally(() => changedElsewhere(evicted));
    else changedElsewhere(leadIds);
  });

  /** Another tab made room: what is watched here stays. */
  function putBack(evicted: readonly string[]): Promise<void> {
    const watched = views.watched();
    return fill.putBack(evicted.flatMap((id) => watched.get(id) ?? []));
  }

  /** Another tab signed out. What it wiped must not be written again. */
  function leave(isWiped: boolean): void {
    if (isWiped) closeDatabases();
    void close();
  }

  const reReading = createReReading(
    clock,
    async () => (takenAway ? [] : [...settlements.leadIds(), ...(await pendingLeadIds(database))]),
    (leadIds) => {
      void views.changed(leadIds);
      status.touch();
      settlements.recheck(undefined).catch(ignored); // asked again the next time
      replay.trigger();
    },
  );
  const backgroundSync = createBackgroundSync(name, environment, async () => (await countRows(database)).pending);

  /** Edits of these leads joined or left the outbox in this tab. */
  function stored(leadIds: readonly string[]): void {
    void changedHere(leadIds);
    replay.trigger();
    reReading.begin();
  }

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
      if (to === 'frozen' || to === 'resumed') replay.freeze(to === 'frozen');
      if (to === 'hidden' && settings.autoSync) backgroundSync.mayBeLeft();
      if (to === 'visible' || to === 'resumed') changedElsewhere(undefined, true);
    }),
    closeDatabases,
    reReading.end,
    tabs.close,
    views.end,
    status.end,
  ];
  function closeDatabases(): void {
    memory.close();
    database.close();
  }
  let ended: Promise<void> | undefined;
  function close(): Promise<void> {
    ended ??= (async () => {
      closing.abort();
      await Promise.all([editor.stored(), replay.close()]);
      counts = await countRows(database).catch(() => counts);
      for (const stop of stops) stop();
    })();
    return ended;
  }

  if (environment.indexedDB && !isWorker) {
    replay.trigger();
    reReading.begin();
  }

  return {
    ...{ database, memory, views, editor, outbox, fill, replay, tabs, status },
    ...{ readStatus, changedHere, isClosed, close },
    synced: () => synced,
  };
}

/** For what fails without harm: the comment at its use says why. */
function ignored(): void {}
