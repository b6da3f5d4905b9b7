import type { Lead, LeadboxEvent } from '../../src/index.ts';
import { replayMemoryName } from '../../src/storage/replay-memory.ts';
import { appOptions } from './app-options.ts';
import { createBackground } from './background.ts';
import { createDice, type Dice } from './dice.ts';
import { createGate, type Gate } from './gate.ts';
import { createLedger, type Ledger } from './ledger.ts';
import type { Library } from './library.ts';
import { drawFates, type Mix } from './mix.ts';
import type { Network } from './network.ts';
import { checkLeftOvers, newTab } from './new-tab.ts';
import { type Watch, watch } from './observer-checks.ts';
import { close, kill, tell, tellOnLine } from './pages.ts';
import { type Place, secret, type User } from './place.ts';
import { createProgressChecks } from './progress-checks.ts';
import type { Scheduler } from './scheduler.ts';
import { createSendingChecks, type SendingChecks } from './sending-checks.ts';
import { createServer, type Server } from './server.ts';
import { createStayNetwork, timeout } from './stay-network.ts';
import { createStayStorage } from './stay-storage.ts';
import { createStorageChecks, type StorageChecks } from './storage-checks.ts';
import { readMemory } from './stored.ts';
import type { LifecycleChange, Tab } from './tab.ts';
import { createChannels } from './tab-channels.ts';
import { type EnvironmentHost, tabEnvironment } from './tab-environment.ts';
import { createLocks } from './tab-locks.ts';
import { tabStorage } from './tab-storage.ts';

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
  /** Another stay under the same name began. */
  isOver: boolean;
  /** From now on nothing goes wrong. */
  isHealed: boolean;
  onLine: boolean;
  /** A page or a worker of it died. */
  hasKilled: boolean;
  /** How many of the next transactions go wrong. */
  storageFaults: number;
  /** Told when a tab begins a transaction. */
  onBegun: (tab: Tab, database: string, mode: IDBTransactionMode) => void;
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
  const decisionDice = createDice(seed, 9);
  let opened = 0;
  let fates = mix.fates;

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
    isPaused: () => readMemory(factory, replayMemoryName(name), 'isPaused') === 'true',
  });
  const network = createStayNetwork({
    ...{ scheduler, server, storage, sending, ledger, mix, user, initial: leads, device: () => device, networkDice },
    ...{ killDice: createDice(seed, 8), fates: () => fates },
  });
  const locks = createLocks(scheduler, (tab) => sending.granted(tab));
  const messageFaults = () => (device.isHealed ? { lost: 0, doubled: 0, late: 0 } : mix.messages);
  const channels = createChannels(scheduler, createDice(seed, 5), messageFaults, (tab, message) => {
    if ((message as { readonly ended?: object }).ended) sending.told(tab);
    const { paused } = message as { readonly paused?: boolean };
    if (paused === undefined) return;
    // Late, it may tell of a pause that is over: what is stored counts then, and another tab resumed.
    sending.urged(tab, true);
    if (!paused) sending.paused(undefined);
  });

  const storageHost = createStayStorage(place, createDice(seed, 3), () => device);
  const environmentHost: EnvironmentHost = {
    ...{ scheduler, storage: (tab: Tab) => tabStorage(tab, storageHost), channel: channels.of, fetch: network.fetch },
    ...{ locks: mix.hasLocks ? locks.of : undefined, now: () => device.now(), onLine: () => device.onLine },
    // The browser wakes the worker when it likes to.
    register: mix.hasWorker ? () => background.wakeSoon(dice.delay()) : undefined,
    onWarned(tab, message) {
      if (!tab.isDead) ledger.break(12, `warned: ${message}`);
    },
  };
  const optionsOf = (tab: Tab) => ({
    ...appOptions(tab, { world: mix.world, dice: decisionDice, scheduler, gate, sending, ledger }),
    ...{ ...mix.options, timeout, environment: tabEnvironment(tab, environmentHost) },
    headers: () => ({ Authorization: `Bearer ${secret}-of-${name}` }),
    onEvent: (event: LeadboxEvent) => onEvent(event, tab),
  });
  const background = createBackground({
    ...{ library, device: () => device, optionsOf },
    newWorker: () => newTab(`${user.label}worker`, seed, opened++),
  });

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
    ...{
      isOver: false,
      isHealed: false,
      onLine: true,
      hasKilled: false,
      storageFaults: 0,
      resumes: { begun: 0, open: 0 },
      onBegun: () => {},
    },
    now: place.now,
    drawWeather() {
      fates = drawFates(networkDice);
    },
    clearWeather() {
      fates = { answered: 1 };
    },
    async open() {
      // A page that opens may bring a session.
      sending.back();
      const tab = newTab(`${user.label}tab`, seed, opened++);
      sending.signedIn(tab);
      device.tabs.push(tab);
      await scheduler.perform(tab, () => {
        tab.leadbox = library.createLeadbox({ ...optionsOf(tab), name });
        const ids = leads.map(({ id }) => id);
        device.watches.push(watch(tab, ids, (run) => void scheduler.after(tab, 'app', 1_000, run)));
      });
      return tab;
    },
    wakeWorker: () => background.wake(),
    kill: (tab) => kill(device, tab),
    close: (tab) => close(device, tab),
    tell: (tab, to) => tell(device, tab, to),
    tellOnLine: () => tellOnLine(device),
    checkLeftOvers: (tab) => checkLeftOvers(tab, scheduler, ledger),
    claims: locks.claims,
    channels: channels.open,
  };
  scheduler.idle.add(createProgressChecks(device));
  place.jumps.add((milliseconds) => {
    // Time that the device slept over went by for the network too.
    if (milliseconds > 0) network.arriveNow();
    sending.jumped(milliseconds);
  });
  return device;
}
