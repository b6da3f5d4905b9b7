import type { Dice } from './dice.ts';
import { type FakeResponse, responseOf } from './fake-response.ts';
import { type Fate, meet } from './fate.ts';
import type { Scheduler, Timer } from './scheduler.ts';
import type { Server, ServerRequest } from './server.ts';
import type { Tab } from './tab.ts';

export interface NetworkRequest extends ServerRequest {
  readonly tab: Tab;
  /** Milliseconds after which it cannot arrive any more. */
  readonly journey: number;
}

/** A request on its way. */
export interface Passage extends NetworkRequest {
  /** Milliseconds since the life began. */
  readonly sentAt: number;
  /** The tab still waits for its answer. */
  isOpen: boolean;
  /** Milliseconds for which its answer asks to leave the server alone. */
  wait: number | undefined;
  arrival: Timer | undefined;
  arrive: () => void;
}

export interface NetworkHost {
  /** Milliseconds that a tab waits for an answer. */
  readonly timeout: number;
  readonly scheduler: Scheduler;
  readonly dice: Dice;
  readonly server: Server;
  /** Longest time from a request to its arrival. */
  readonly requestOf: (tab: Tab, url: string, init: RequestInit) => NetworkRequest;
  readonly fateOf: () => Fate;
  /** Milliseconds of one way. */
  readonly delayOf: () => number;
  readonly onSent: (passage: Passage) => void;
  /** Reached the server; applied if it changed the lead. */
  readonly onApplied: (passage: Passage) => void;
  readonly onAnswered: (passage: Passage, status: number, isDefinite: boolean) => void;
}

export interface Network {
  isOffline: boolean;
  readonly passages: ReadonlySet<Passage>;
  fetch(tab: Tab, url: string, init: RequestInit): Promise<Response>;
  /** What has not arrived arrives now. */
  arriveNow(): void;
  /** The connections break: what has not arrived does not any more, and no answer comes. */
  breakAll(): void;
}

export function createNetwork(host: NetworkHost): Network {
  const { scheduler, dice, server } = host;
  // Those that wait for an answer, or that may still arrive.
  const passages = new Set<Passage>();
  const breaks = new Map<Passage, () => void>();

  const network: Network = {
    isOffline: false,
    passages,
    fetch: (tab, url, init) =>
      new Promise((resolve, reject) => {
        if (tab.isDead) return;
        const signal = init.signal ?? undefined;
        if (signal?.aborted) return reject(signal.reason);
        const request = host.requestOf(tab, url, init);
        const passage: Passage = {
          ...{ ...request, sentAt: scheduler.elapsed, isOpen: true, wait: undefined, arrival: undefined },
          arrive: () => {},
        };
        passages.add(passage);
        host.onSent(passage);
        const leave = () => {
          passage.isOpen = false;
          breaks.delete(passage);
          tab.ends.delete(leave);
          signal?.removeEventListener('abort', abort);
          if (!passage.arrival) passages.delete(passage);
        };
        const abort = () => {
          leave();
          // Cancelled before its time, it says nothing about the server.
          if (scheduler.elapsed >= passage.sentAt + host.timeout) host.onAnswered(passage, 0, false);
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', abort, { once: true });
        tab.ends.add(leave);

        const end = scheduler.elapsed + request.journey - 1;
        const within = (milliseconds: number) => Math.max(0, Math.min(end - scheduler.elapsed, milliseconds));
        /** Late arrivals are often almost too late. */
        const late = () => Math.round(request.journey * (dice.chance(0.4) ? 1 - dice.random() / 40 : dice.random()));
        let answer: FakeResponse = { status: 200, text: '' };
        const arriveIn = (milliseconds: number, then = () => {}) => {
          passage.arrive = () => {
            passage.arrival?.cancel();
            passage.arrival = undefined;
            if (!passage.isOpen) passages.delete(passage);
            answer = server.handle(passage, () => host.onApplied(passage));
            then();
          };
          passage.arrival = scheduler.after(undefined, 'network', within(milliseconds), () => passage.arrive());
        };
        const fail = () => {
          if (!passage.isOpen) return;
          // A connection that failed is over: nothing of it arrives any more.
          passage.arrival?.cancel();
          passage.arrival = undefined;
          leave();
          host.onAnswered(passage, 0, false);
          reject(new TypeError('Failed to fetch'));
        };
        const failIn = (milliseconds: number) => scheduler.after(tab, 'network', milliseconds, fail);
        const answerIn = (milliseconds: number, response: () => FakeResponse, isDefinite = false) =>
          scheduler.after(tab, 'network', milliseconds, () => {
            if (!passage.isOpen) return;
            leave();
            const given = response();
            if (!given.isCut) passage.wait = given.wait;
            // Without its body it is no answer (R20).
            host.onAnswered(passage, given.isCut ? 0 : given.status, isDefinite && !isAgain(given.status));
            resolve(responseOf(given));
          });
        breaks.set(passage, () => void scheduler.post(tab, 'network', fail));

        const soon = host.delayOf;
        const ways = {
          arriveSoon: (then?: () => void) => arriveIn(soon(), then),
          arriveAgain: (then: () => void) => arriveIn(dice.between(0, 9), then),
          arriveLate: () => arriveIn(late()),
          fail: () => void failIn(soon()),
          reply: (response: () => FakeResponse, isDefinite?: boolean) => void answerIn(soon(), response, isDefinite),
        };
        if (network.isOffline) return ways.fail();
        const fate = host.fateOf();
        scheduler.trace.push(
          `fetch ${tab.label} ${request.method} ${request.leadId.slice(-1)} ${request.text} ${fate}`,
        );
        meet(fate, { dice, server, leadId: request.leadId, answer: () => answer, ...ways });
      }),
    arriveNow() {
      for (const passage of [...passages]) if (passage.arrival) passage.arrive();
    },
    breakAll() {
      for (const [, end] of [...breaks]) end();
    },
  };
  return network;
}

/** Not an answer to what was asked: the same request is to be sent again. */
function isAgain(status: number): boolean {
  return status === 401 || status === 429 || status >= 500;
}
