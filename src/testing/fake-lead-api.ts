import { type Clock, createEnvironment, type Environment } from '../environment.ts';
import type { JsonObject } from '../model/json.ts';
import type { Lead } from '../model/lead.ts';
import { createFaultQueue, type Fault } from './fault-queue.ts';
import { createLeadServer } from './lead-server.ts';
import { createLeadTable } from './lead-table.ts';
import { pause } from './pause.ts';
import { type FakeLeadRequest, receive } from './received-request.ts';

export type { FakeLeadRequest } from './received-request.ts';

export interface FakeLeadApiOptions {
  /** The leads the server starts with, in the order of GET /leads. They are copied. Default none. */
  readonly leads?: readonly unknown[];
  /** What a PATCH does to a section: merge it as RFC 7396 says, or put the sent one in its place. Default 'merge'. */
  readonly sections?: 'merge' | 'replace';
  /**
   * Requests per window; a window begins with the first request after the one before ended. Default none: every
   * request is allowed, and the headers speak of 1,000 requests a minute that are never used up.
   */
  readonly rateLimit?: { readonly limit: number; readonly windowSeconds: number };
  /** Give an ETag with a single lead, and refuse a PATCH with 412 when its If-Match names another one. Default false. */
  readonly etag?: boolean;
  /** Name of a header; a PATCH that repeats a key of an applied PATCH gets its answer again and applies nothing. */
  readonly idempotencyHeader?: string;
  /** The server's wall clock, in milliseconds since 1970. Default the clock's. */
  readonly now?: () => number;
  /** Measures `latency`. Default the platform's; a virtual clock makes every wait deterministic. */
  readonly clock?: Clock;
}

export interface FakeLeadApi {
  /**
   * The API as a fetch function: PATCH and GET /leads/<id>, and GET /leads, under any base URL. It looks at no
   * credentials. An abort rejects with the signal's reason, at once and wherever the request is.
   */
  readonly fetch: Environment['fetch'];
  /** What reached the server, oldest first; grows. Calls made offline or met by 'network-error' are not in it. */
  readonly requests: readonly FakeLeadRequest[];
  /** A copy of the server's lead. */
  lead(id: string): Lead | undefined;
  /** Copies of all leads, in the order of GET /leads. */
  leads(): Lead[];
  /**
   * Someone else's edit: a JSON Merge Patch of the lead that moves `updated_at` on.
   * @throws LeadboxError 'lead-not-found'; 'invalid-edit' if what results is no lead; 'not-json'.
   */
  change(id: string, patch: JsonObject): void;
  /** While true, every call rejects with TypeError('Failed to fetch'), and answers on their way get lost. */
  offline: boolean;
  /** Milliseconds from a request's arrival, at which it is applied, to its answer. Default 0. */
  latency: number;
  /**
   * The next `times` calls (default 1, Infinity for all) get this instead, after the faults queued before. Calls made
   * offline use none up.
   *
   * - a status from 200 to 599: that answer with a body such as the API gives; nothing is applied. 429 asks for a wait
   *   until the rate limit's window ends, or of one second without `rateLimit`.
   * - a response: a clone of it; nothing is applied.
   * - 'lost-answer': the request is applied, then the call rejects with TypeError('Failed to fetch').
   * - 'network-error': the call rejects so and the server sees nothing.
   * - 'hang': the request is received, never applied and never answered; only an abort ends it.
   *
   * @throws LeadboxError 'invalid-option' for another status or a count that is not a whole number.
   */
  next(fault: Fault, times?: number): void;
}

/**
 * An in-memory stand-in of the leads API, with faults to script and a log to read. It shares no object with its caller
 * and does the same in every run.
 *
 * Where the API's documentation leaves something open it answers so: 400 for a body that is no JSON object and for a
 * query that cannot be read, 422 for members that are read-only, unknown or of the wrong type, 405 with `Allow` for
 * other methods. `created_after` and `created_before` leave out the instant they name, a `limit` over 100 counts as 100.
 * `updated_at` has full seconds, as documented; to grow with every change of a lead it may run ahead of the clock.
 *
 * @throws LeadboxError 'invalid-lead', its path beginning with the index of the first entry of `leads` that is no lead
 * or repeats an id.
 */
export function createFakeLeadApi(options: FakeLeadApiOptions = {}): FakeLeadApi {
  const clock = options.clock ?? createEnvironment().clock;
  const now = options.now ?? (() => clock.now());
  const table = createLeadTable(options.leads ?? [], now);
  const server = createLeadServer(table, options, now);
  const faults = createFaultQueue();
  const requests: FakeLeadRequest[] = [];

  const api: FakeLeadApi = {
    requests,
    offline: false,
    latency: 0,
    lead: (id) => structuredClone(table.get(id)),
    leads: () => structuredClone([...table.all()]),
    change: table.change,
    next: faults.add,
    async fetch(input, init) {
      const signal = init?.signal ?? undefined; // a call with one argument is fine, as with any fetch
      signal?.throwIfAborted();
      if (api.offline) throw failedToFetch();
      const fault = faults.take();
      if (fault === 'network-error') throw failedToFetch();
      const received = receive(input, init ?? {}, now);
      const request = received instanceof Promise ? await received : received; // in `requests` before fetch returns
      requests.push(request);
      if (fault === 'hang') await pause(clock, Number.POSITIVE_INFINITY, signal);
      const status = typeof fault === 'number' ? fault : undefined;
      const response = typeof fault === 'object' ? fault : server.answer(request, status);
      if (api.latency > 0) await pause(clock, api.latency, signal);
      if (api.offline || fault === 'lost-answer') throw failedToFetch();
      return response;
    },
  };
  return api;
}

function failedToFetch(): TypeError {
  return new TypeError('Failed to fetch');
}
