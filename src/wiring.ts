import { createLeadApi } from './api/lead-api.ts';
import { createEditOf } from './edit/edit-of.ts';
import { createEditor, type Editor } from './edit/editor.ts';
import { createOutbox, type OutboxActions } from './edit/outbox.ts';
import { createSettlements } from './edit/settlements.ts';
import { createFill, type Fill } from './fill/fill-cache.ts';
import { createBackgroundSync } from './leave/background-sync.ts';
import { createSignOutMark } from './leave/sign-out-mark.ts';
import type { Lead } from './model/lead.ts';
import { viewOf } from './model/lead-change.ts';
import type { ParkedRow } from './model/lead-record.ts';
import { touchedPaths } from './model/merge-patch.ts';
import type { SyncStatus, Warning } from './model/status.ts';
import { syncStatus } from './model/sync-status.ts';
import { createEvents } from './observe/events.ts';
import { createOtherTabs, type OtherTabs, type TabMessage } from './observe/other-tabs.ts';
import { createReReading } from './observe/re-reading.ts';
import { createStatusObservers, type StatusObservers } from './observe/status-observers.ts';
import { createViews, type Views } from './observe/views.ts';
import type { Settings } from './options.ts';
import { createReplay, type Replay } from './replay/replay.ts';
import type { Turn } from './replay/turn.ts';
import { beginNewLog } from './storage/begin-new-log.ts';
import { createDatabase, type Database } from './storage/database.ts';
import { type Evicted, makeRoom } from './storage/make-room.ts';
import { within } from './storage/patience.ts';
import { countRows, pendingLeadIds } from './storage/read-leads.ts';
import { createReplayMemory, type ReplayMemory } from './storage/replay-memory.ts';
import { createStorageKeeping } from './storage/storage-keeping.ts';

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
  const closed = new Promise((resolve) => closing.signal.addEventListener('abort', resolve));
  // What an observer throws is the page's business: it reaches its error handler, and the others are told all the same.
  const later = (run: () => void) => void clock.setTimeout(run, 0);
  const reportError = (error: unknown) =>
    later(() => {
      throw error;
    });

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
      const kept = () => new Set([...views.watchedIds(), ...editor.leadIds(), ...needed]);
      const evicted = await makeRoom(database.withoutMakingRoom, kept).catch(() => new Map<string, string>());
      // A frozen tab may hold on to what it began itself.
      if (evicted.size && environment.indexedDB)
        await within(5_000, clock, Promise.race([beginNewLog(environment.indexedDB, name), closed]));
      void views.changed([...evicted.keys()]);
      tabs.tell({ evicted });
      return evicted.size > 0;
    },
  });
  const views = createViews(database, later);
  const settlements = createSettlements(database);

  let counts = { pending: 0, parked: 0 };
  const readStatus = async (): Promise<SyncStatus> => {
    try {
      if (!isClosed()) counts = await countRows(database);
      if (counts.pending) reReading.begin([]);
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
  const status = createStatusObservers(readStatus, onState, later);

  // ---------------------------------------------------------------- an edit: shown, stored, then sent

  const editor = createEditor({
    ...{ database, clock, schemas, screen: views, etagOf: (lead) => api.etagOf(lead) },
    editOf: (row) => editOf(row),
    onWritten: queued,
    onStored(leadIds) {
      stored(leadIds);
      if (settings.autoSync) backgroundSync.afterEdit();
      if (settings.persist) keepStorage();
    },
  });

  const newName = () => Array.from('1234', () => Math.floor(environment.random() * 2 ** 32).toString(36)).join('');

  const editOf = createEditOf({
    settlements,
    discard: (seq) => outbox.discard(seq),
    edit: (leadId, change) => editor.editStored(leadId, change),
    stored: (seq) => database.run('r', ({ outbox: rows }) => rows.get(seq)),
    isClosed,
  });

  const outbox = createOutbox({
    ...{ database, clock, schemas, settlements, newName, editOf },
    onStored(leadIds) {
      queued(leadIds);
      stored(leadIds);
    },
  });

  const warn = (code: Warning, message: string) => onEvent({ type: 'warning', code, message });
  const keepStorage = createStorageKeeping(environment, warn);
  const api = createLeadApi({ ...settings, onWarning: warn }, closing.signal);
  const memory = createReplayMemory(name, environment);
  // A frozen page begins no transaction of its own: it would stay open, and every other tab would wait for it. Messages
  // still arrive there, and what freezing ends runs for a moment.
  let isFrozen = false;
  const unheard: TabMessage[] = [];
  const isPage = !!environment.indexedDB && !isWorker;
  const replay = createReplay({
    ...settings,
    ...{ database, memory, isWorker, newName, send: api.patch, look: api.look },
    onTurnWritten: ({ changed, sending }) => tellTabs(changed, sending),
    onTurn: (turn) => tell(turn),
    isFrozen: () => isFrozen,
    onProgress: () => isFrozen || status.touch(),
    onWaiting: () => isFrozen || backgroundSync.mayBeLeft(),
    mayStay: createSignOutMark(memory, isPage, () => void close()),
  });

  /** What the server's answers came to. An edit is settled for the app once its observers have the outcome. */
  let synced = 0;
  // Grows with what the server acknowledged: a GET that began before may be older than it looks.
  let changes = 0;
  const tell = (turn: Turn) => {
    const { settled, parkedUnsent, changed, sending } = turn;
    changes += settled.length;
    const shown = show(changed, sending);
    tellParked(parkedUnsent, shown);
    for (const one of settled) {
      const { record, acknowledged, parked, differs, lost, isOutdated } = one;
      const leadId = record.id;
      synced += acknowledged.length;
      void shown.then(() => settlements.synced(acknowledged, viewOf(record), one));
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
    ...{ clock, random: environment.random, retry: settings.retry, closed: closing.signal },
    changes: () => changes,
    onStored({ ids, unreadable }) {
      tellParked(unreadable, changedHere(ids));
    },
  });

  const tabs = createOtherTabs(name, environment, hear);
  function hear(message: TabMessage): void {
    const { leadIds, sending, evicted, paused, ended } = message;
    if (ended) leave(ended.isWiped);
    else if (isFrozen) unheard.push(message);
    else if (paused !== undefined) void replay.hearPaused(paused);
    else if (evicted)
      putBack(evicted)
        .catch(ignored)
        .finally(() => changedElsewhere([...evicted.keys()]));
    else if (leadIds?.length) changedElsewhere(leadIds, { sending });
    else void views.changed([], sending);
  }

  /** Another tab made room: what is watched here stays. */
  function putBack(evicted: Evicted): Promise<void> {
    const isNewest = ({ id, updated_at }: Lead) => updated_at === evicted.get(id);
    return fill.putBack([...views.watched().values()].filter(isNewest));
  }

  /** Another tab signed out. What it wiped must not be written again. */
  function leave(isWiped: boolean): void {
    if (isWiped) closeDatabases();
    void close();
  }

  const reReading = createReReading({
    clock,
    isDeaf: !environment.channel,
    isVisible: lifecycle.visible,
    pendingIds: async () => (takenAway ? [] : [...settlements.leadIds(), ...(await pendingLeadIds(database))]),
    read(leadIds) {
      void views.changed(leadIds);
      status.touch();
      settlements.recheck(undefined).catch(ignored); // asked again the next time
      replay.trigger();
    },
  });
  const backgroundSync = createBackgroundSync(name, environment, {
    isPendingHere: () => [...settlements.leadIds(), ...editor.leadIds()].length > 0,
    countPending: async () => (isFrozen ? 0 : (await countRows(database)).pending),
  });

  /** Edits of these leads are on their way into the outbox, or out of it. The tab that is used is the first to send. */
  function queued(leadIds: readonly string[]): void {
    replay.trigger();
    tellTabs(leadIds);
  }

  /** They are there, or gone. */
  function stored(leadIds: readonly string[]): void {
    void show(leadIds);
    reReading.begin(leadIds);
  }

  /** Rows changed in this tab. Resolves when its observers know. */
  function changedHere(leadIds: readonly string[]): Promise<unknown> {
    tellTabs(leadIds);
    return show(leadIds);
  }

  function tellTabs(leadIds: readonly string[], sending: readonly string[] = []): void {
    if (leadIds.length || sending.length) tabs.tell({ leadIds, sending });
  }

  /** Resolves when the observers of this tab know. */
  function show(leadIds?: readonly string[], sending?: readonly string[]): Promise<unknown> {
    status.touch();
    return views.changed(leadIds, sending);
  }

  interface Elsewhere {
    /** Leads whose requests are on their way, or no longer. */
    readonly sending?: readonly string[] | undefined;
    /** It is also a reason to stop backing off. */
    readonly isRelieving?: boolean;
  }
  /** Rows changed elsewhere, or may have; undefined: any. */
  function changedElsewhere(leadIds?: readonly string[], { sending, isRelieving }: Elsewhere = {}): void {
    changes++;
    void show(leadIds, sending);
    // An edit of this tab may be stored, and yet wait to be told so.
    void editor.stored().then(() => settlements.recheck(leadIds).catch(ignored)); // asked again at the next notice
    replay.trigger(isRelieving);
    reReading.begin(leadIds);
  }

  const stops = [
    connectivity.subscribe(() => {
      status.touch();
      if (connectivity.onLine()) replay.trigger(true);
    }),
    lifecycle.subscribe((to) => {
      if (to === 'frozen' || to === 'resumed') {
        isFrozen = to === 'frozen';
        if (isFrozen) replay.release();
        else for (const message of unheard.splice(0)) hear(message);
      }
      if (to === 'hidden' && settings.autoSync) backgroundSync.mayBeLeft();
      if (to === 'visible' || to === 'resumed') changedElsewhere(undefined, { isRelieving: true });
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
      if (!isFrozen) counts = await countRows(database).catch(() => counts);
      for (const stop of stops) stop();
    })();
    return ended;
  }

  if (isPage) {
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
