import type { Lead, LeadboxEvent } from '../../src/index.ts';
import { appOptions } from './app-options.ts';
import { createDice, type Dice } from './dice.ts';
import { createGate, type Gate } from './gate.ts';
import { createLedger, type Ledger } from './ledger.ts';
import type { Library } from './library.ts';
import { drawFates, type Mix } from './mix.ts';
import { createNetwork, type Network, type NetworkRequest } from './network.ts';
import { checkLeftOvers, newTab } from './new-tab.ts';
import { type Watch, watch } from './observer-checks.ts';
import { type Place, secret, type User } from './place.ts';
import { createProgressChecks } from './progress-checks.ts';
import type { Scheduler } from './scheduler.ts';
import { createSendingChecks, type SendingChecks } from './sending-checks.ts';
import { createServer, type Server } from './server.ts';
import { createStorageChecks, type StorageChecks } from './storage-checks.ts';
import type { LifecycleChange, Tab } from './tab.ts';
import { createChannels } from './tab-channels.ts';
import { type EnvironmentHost, tabEnvironment } from './tab-environment.ts';
import { createLocks } from './tab-locks.ts';
import { closeConnections, tabStorage } from './tab-storage.ts';

export const timeout = 30_000;
const travelTime = 5_000;
/**
 * One user's stay on a device, from its first page until everything is wiped, with his tabs, the network and the server:
 * all of it owned by one scheduler.
 */
export interface Device {
  readonly place: Place;
  readonly user: User;
  /** What the server had when the stay began. */
  readonly initial: readonly Lead[];
  readonly mix: Mix;
  readonly dice: Dice;
  readonly scheduler: Scheduler;
  readonly ledger: Ledger;
  readonly server: Server;
  readonly gate: Gate;
  readonly network: Network;
  readonly storage: StorageChecks;
  readonly sending: SendingChecks;
  readonly watches: Watch[];
  /** Those that are alive. */
  readonly tabs: Tab[];
  /** One at most. */
  readonly workers: Tab[];
  /** From now on nothing goes wrong. */
  isHealed: boolean;
  onLine: boolean;
  /** How many of the next transactions go wrong. */
  storageFaults: number;
  /** Told when a tab begins a transaction. */
  onBegun: (tab: Tab, database: string) => void;
  /** Calls of resume(): so far, and those that have not come to an end. */
  resumes: { readonly begun: number; readonly open: number };
  /** The wall clock of the device, in milliseconds since 1970. */
  now(): number;
  drawWeather(): void;
  clearWeather(): void;
  open(): Promise<Tab>;
  /** The browser sends its worker a Background Sync event. */
  wakeWorker(): void;
  kill(tab: Tab): void;
  close(tab: Tab): Promise<void>;
  checkLeftOvers(tab: Tab): void;
  tell(tab: Tab, to: LifecycleChange): void;
  tellOnLine(): void;
  claims(): number;
  channels(): number;
}

export interface Stay {
  readonly place: Place;
  readonly user: User;
  readonly seed: number;
  readonly mix: Mix;
  readonly library: Library;
  readonly leads: readonly Lead[];
}

export function createDevice({ place, user, seed, mix, library, leads }: Stay): Device {
  const { scheduler, factory } = place;
  const { name } = user;
  const dice = createDice(seed, 1);
  const networkDice = createDice(seed, 2);
  const storageDice = createDice(seed, 3);
  const killDice = createDice(seed, 8);
  const decisionDice = createDice(seed, 9);
  let opened = 0;
  let fates = mix.fates;
  // Dexie reopens on its own what was lost; closed meanwhile, it forgets the new connection.
  let isLeaky = false;

  const ledger = createLedger(() => {
    if (ledger.broken) place.verdict.break(ledger.broken.invariant, ledger.broken.message);
  });
  const gate = createGate(mix.world, createDice(seed, 7), place.realTime);
  const server = createServer(leads, mix.world, gate, place.realTime);
  const storage = createStorageChecks(factory, name, ledger, server, mix.options);
  const sending = createSendingChecks({
    ...{ ledger, storage, options: mix.options, hasLocks: mix.hasLocks },
    passages: () => network.passages,
    tabs: () => device.tabs,
    elapsed: () => scheduler.elapsed,
  });
  const network: Network = createNetwork({
    ...{ scheduler, server, dice: networkDice },
    fateOf: () => (device.isHealed ? 'answered' : networkDice.weighted(fates)),
    delayOf: () => (device.isHealed ? networkDice.between(1, 50) : networkDice.delay()),
    requestOf(tab, url, init): NetworkRequest {
      const { method = 'GET', body, headers } = init;
      const leadId = url.slice(url.lastIndexOf('/') + 1);
      const batch = storage.stored.bases.find(({ id }) => id === leadId)?.batch;
      // What the device takes for over must be over: it counts from when the batch was frozen.
      const left = method === 'PATCH' && batch ? batch.arrivesUntil - device.now() : timeout;
      const key = new Headers(headers).get('Idempotency-Key') ?? undefined;
      const text = typeof body === 'string' ? body : undefined;
      const ifMatch = new Headers(headers).get('If-Match') ?? undefined;
      const isOwn = new Headers(headers).get('Authorization') === `Bearer ${secret}-of-${name}`;
      if (!isOwn || !leads.some(({ id }) => id === leadId))
        ledger.break(11, `${tab.label} asked for ${leadId}, which is none of ${name}`);
      return { tab, method, leadId, text, key, ifMatch, journey: Math.max(1, Math.min(left, timeout + travelTime)) };
    },
    onSent: (passage) => sending.sent(passage),
    onApplied(passage) {
      scheduler.trace.push(`applied ${passage.leadId.slice(-1)} ${passage.text}`);
      sending.applied(passage);
      // What it removed has to be put back even if the page dies as soon as it knows.
      if (mix.world.isReplacing && !device.isHealed && killDice.chance(0.25))
        passage.tab.diesAtCommit = !passage.tab.isDead;
    },
    onAnswered(passage, status, isDefinite) {
      scheduler.trace.push(`answered ${passage.tab.label} ${passage.leadId.slice(-1)} ${status}`);
      if (!passage.tab.isDead) sending.answered(passage, status, isDefinite);
    },
  });
  const locks = createLocks(scheduler, (tab) => sending.granted(tab));
  const messageFaults = () => (device.isHealed ? { lost: 0, doubled: 0, late: 0 } : mix.messages);
  const channels = createChannels(scheduler, createDice(seed, 5), messageFaults, (tab, message) => {
    if ((message as { readonly ended?: object }).ended) sending.told(tab);
    // Another tab resumed; told late, it is obeyed late.
    if ((message as { readonly paused?: boolean }).paused !== false) return;
    sending.relieved();
    sending.paused(undefined);
  });

  const storageHost = {
    ...{ factory, scheduler },
    faultOf(tab: Tab, database: string, mode: IDBTransactionMode) {
      device.onBegun(tab, database);
      if (!device.storageFaults || (mode === 'readonly' && storageDice.chance(0.7))) return undefined;
      device.storageFaults--;
      // Waits that cannot be remembered are lost; that costs an attempt too early, and nothing else.
      if (database !== name) sending.freed();
      const fault = storageDice.weighted(mix.storage);
      isLeaky ||= fault === 'lost' || fault === 'closed';
      scheduler.trace.push(`storage ${fault}`);
      return fault;
    },
    onCommit(tab: Tab, database: string) {
      scheduler.trace.push(`commit ${tab.label} ${database}`);
      if (database === name) storage.committed();
      if (tab.diesAtCommit) device.kill(tab);
    },
  };

  const environmentHost: EnvironmentHost = {
    ...{ scheduler, storage: (tab: Tab) => tabStorage(tab, storageHost), channel: channels.of, fetch: network.fetch },
    ...{ locks: mix.hasLocks ? locks.of : undefined, now: () => device.now(), onLine: () => device.onLine },
    // The browser wakes the worker when it likes to.
    register: mix.hasWorker ? () => wakeSoon(dice.delay()) : undefined,
    onWarned(tab, message) {
      if (!tab.isDead) ledger.break(12, `warned: ${message}`);
    },
  };
  let isWaking = false;
  const wakeSoon = (milliseconds: number) => {
    if (isWaking) return;
    isWaking = true;
    scheduler.after(undefined, 'browser', milliseconds, () => {
      isWaking = false;
      device.wakeWorker();
    });
  };
  const optionsOf = (tab: Tab) => ({
    ...appOptions(tab, { world: mix.world, dice: decisionDice, scheduler, gate, sending, ledger }),
    ...{ ...mix.options, timeout, environment: tabEnvironment(tab, environmentHost) },
    headers: () => ({ Authorization: `Bearer ${secret}-of-${name}` }),
    onEvent: (event: LeadboxEvent) => onEvent(event, tab),
  });
  const checkLeft = (tab: Tab) => checkLeftOvers(tab, scheduler, ledger, () => isLeaky);

  const onEvent = (event: LeadboxEvent, tab: Tab) => {
    if (tab.isDead || event.type !== 'parked') return;
    const count = (ledger.parkedEvents.get(event.seq) ?? 0) + 1;
    ledger.parkedEvents.set(event.seq, count);
    if (count > 1) ledger.break(8, `${count} events tell that ${event.seq} was parked`);
  };

  const device: Device = {
    ...{
      place,
      user,
      initial: leads,
      mix,
      dice,
      scheduler,
      ledger,
      server,
      gate,
      network,
      storage,
      sending,
      watches: [],
      tabs: [],
      workers: [],
    },
    ...{ isHealed: false, onLine: true, storageFaults: 0, resumes: { begun: 0, open: 0 }, onBegun: () => {} },
    now: place.now,
    drawWeather() {
      fates = drawFates(networkDice);
    },
    clearWeather() {
      fates = { answered: 1 };
    },
    async open() {
      // A page that opens may bring a session.
      sending.freed();
      sending.back();
      const tab = newTab(`${user.label}tab`, seed, opened++);
      device.tabs.push(tab);
      await scheduler.perform(tab, () => {
        tab.leadbox = library.createLeadbox({ ...optionsOf(tab), name });
        const ids = leads.map(({ id }) => id);
        device.watches.push(watch(tab, ids, (run) => void scheduler.after(tab, 'app', 1_000, run)));
      });
      return tab;
    },
    wakeWorker() {
      if (device.workers.length) return;
      // It tries at once whatever waits.
      sending.relieved();
      const worker = newTab(`${user.label}worker`, seed, opened++);
      device.workers.push(worker);
      const ended = (isDone: boolean) => {
        if (worker.isDead) return;
        device.workers.splice(0);
        scheduler.trace.push(`${worker.label} ${isDone ? 'is done' : 'has to come back'}`);
        checkLeft(worker);
        if (!isDone && !device.isHealed) wakeSoon(300_000);
      };
      const listen = (_type: string, heard: (event: object) => void) => {
        const waitUntil = (work: Promise<unknown>) =>
          void work.then(
            () => ended(true),
            () => ended(false),
          );
        scheduler.post(worker, 'browser', () => heard({ tag: `leadbox:${name}`, waitUntil }));
      };
      scheduler.as(worker, () => {
        library.replayOnSync({ addEventListener: listen }, { ...optionsOf(worker), names: [name] });
      });
    },
    kill(tab) {
      scheduler.trace.push(`killed ${tab.label}`);
      Object.assign(tab, { isDead: true, isFrozen: false, diesAtCommit: false });
      for (const list of [device.tabs, device.workers]) if (list.includes(tab)) list.splice(list.indexOf(tab), 1);
      closeConnections(tab);
      for (const end of [...tab.ends]) end();
      scheduler.forget(tab);
    },
    async close(tab) {
      tab.isClosed = true;
      let isOver = false;
      await scheduler.perform(tab, () => {
        void tab.leadbox.close().finally(() => {
          isOver = true;
        });
      });
      await scheduler.run({ until: scheduler.elapsed + 120_000, isDone: () => isOver });
      if (!isOver) ledger.break(12, `${tab.label} does not close`);
      checkLeft(tab);
      device.tabs.splice(device.tabs.indexOf(tab), 1);
    },
    tell(tab, to) {
      scheduler.post(tab, 'lifecycle', () => {
        if (tab.isDead) return;
        if (to === 'visible' || to === 'resumed') sending.relieved();
        for (const changed of [...tab.lifecycle]) changed(to);
      });
    },
    tellOnLine() {
      for (const tab of device.tabs) {
        scheduler.post(tab, 'connectivity', () => {
          if (tab.isDead) return;
          if (device.onLine) sending.relieved();
          for (const changed of [...tab.connectivity]) changed();
        });
      }
    },
    checkLeftOvers: checkLeft,
    claims: locks.claims,
    channels: channels.open,
  };
  scheduler.idle.add(createProgressChecks(device));
  place.jumps.add((milliseconds) => {
    // Time that the device slept over went by for the network too.
    if (milliseconds > 0) network.arriveNow();
    sending.jumped();
    sending.freed();
  });
  return device;
}
