import type { Environment } from '../environment.ts';
import type { Sending } from '../model/edit.ts';
import type { Lead } from '../model/lead.ts';
import { travelTime } from '../model/lead-record.ts';
import { checked, checkLeadId, type LeadPage, leadPageSchema } from '../model/lead-schema.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import type { ServerWait } from '../model/replay-state.ts';
import { bodyText } from './body-text.ts';
import { createEtags, etagIn } from './etags.ts';
import { answeredLead, errorBody, type Outcome, outcomeOf, parsed, type Received, refusal, retry } from './outcome.ts';
import { budgetWait, firstWait, retryAfter } from './server-wait.ts';

export interface LeadApiOptions {
  readonly environment: Environment;
  readonly baseUrl: string;
  readonly headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>);
  readonly credentials: RequestCredentials;
  readonly idempotencyHeader?: string;
  /** Milliseconds for one request, body included. */
  readonly timeout: number;
  /** Share of the rate limit to leave to the rest of the app, 0 to 1. */
  readonly rateLimitReserve: number;
  /** Whether If-Match is sent where an ETag is known. Default: to the page's own origin. */
  readonly preconditions?: boolean;
  /** Told what the app's developers should know. */
  readonly onWarning: (code: 'api-key-in-browser' | 'rate-limit-headers-hidden', message: string) => void;
}

/** The leads API over HTTP. Every request is built from the options at the moment it is sent. */
export interface LeadApi {
  /** One attempt at a batch, until `lost` aborts. Never rejects. */
  patch(batch: Sending, lost: AbortSignal): Promise<Outcome>;
  /** One attempt to fetch a lead before edits of it are sent, until `lost` aborts. Never rejects. */
  look(leadId: string, lost: AbortSignal): Promise<Outcome>;
  /** @throws LeadboxError 'lead-not-found', 'unauthorized', 'request-failed', 'network', 'bad-response', 'aborted'. */
  get(id: string): Promise<Lead>;
  /** The ETag that came with this version of a lead, as far as it is known. */
  etagOf(lead: Lead): string | undefined;
  /** One page of leads, or none while the server wants to be left alone; errors as `get`. */
  page(search: URLSearchParams, signal: AbortSignal | undefined): Promise<PageAnswer>;
}

export interface PageAnswer {
  readonly page?: LeadPage;
  /** Before the next request. */
  readonly wait?: ServerWait | undefined;
}

/** Requests end when `closed` aborts. */
export function createLeadApi(options: LeadApiOptions, closed: AbortSignal): LeadApi {
  const { environment, timeout, onWarning } = options;
  const { clock } = environment;
  const isOwnOrigin = isSameOrigin(options.baseUrl, environment.origin);

  const receive = async (
    path: string,
    init: RequestInit,
    extra: Record<string, string>,
    most: number,
  ): Promise<Received> => {
    const began = clock.now();
    const given = typeof options.headers === 'function' ? await options.headers() : options.headers;
    // The device may have slept, and its timers with it: what this was to be done by is over.
    if (clock.now() - began >= most) throw new Error(`The headers took more than ${most} ms.`);
    const headers = new Headers(given);
    if ([...headers.values()].some((value) => looksLikeKey.test(value))) onWarning('api-key-in-browser', keyWarning);
    if (isOwnOrigin) headers.set('X-Leadbox', '1');
    for (const name in extra) headers.set(name, extra[name] as string); // its own key
    init.signal?.throwIfAborted();
    const { baseUrl, credentials } = options;
    const { fetch } = environment; // a browser's own takes no other object for its `this`
    const response = await fetch(baseUrl + path, { ...init, headers, credentials, redirect: 'manual' });
    return { response, text: await bodyText(response) };
  };

  /** Ends in time, whether or not fetch and the reading of the body obey their signal (R29). */
  const send = (
    path: string,
    init: RequestInit,
    headers: Record<string, string>,
    signal?: AbortSignal,
    most = timeout,
  ) =>
    new Promise<Received>((resolve, reject) => {
      const ending = new AbortController();
      const stop = (code: 'aborted' | 'network', message: string) => {
        reject(new LeadboxError(code, message));
        ending.abort();
      };
      const cancel = () => stop('aborted', 'The request was cancelled.');
      const timer = clock.setTimeout(() => stop('network', `No answer within ${most} ms.`), most);
      ending.signal.addEventListener('abort', () => clock.clearTimeout(timer));
      for (const cause of [closed, signal]) {
        cause?.addEventListener('abort', cancel, { signal: ending.signal });
        if (cause?.aborted) cancel();
      }
      receive(path, { ...init, signal: ending.signal }, headers, most)
        .then(resolve, (cause: unknown) => {
          reject(new LeadboxError('network', 'The request failed, or its answer was lost.', { cause }));
        })
        .finally(() => ending.abort());
    });

  const ask = async (path: string, signal?: AbortSignal): Promise<Received> => {
    const received = await send(path, { cache: 'no-store' }, {}, signal);
    accept(received.response);
    return received;
  };
  const accept = (response: Response) => {
    if (response.ok && !response.redirected) return;
    throw response.status === 404 ? new LeadboxError('lead-not-found', 'No such lead (404).') : refusal(response);
  };

  const etags = createEtags();
  const badResponse = () => new LeadboxError('bad-response', 'The answer is not what was asked for.');

  const attempt = async (
    leadId: string,
    init: RequestInit,
    headers: Record<string, string>,
    lost: AbortSignal,
    most?: number,
  ): Promise<Outcome> => {
    try {
      const received = await send(leadPath(leadId), init, headers, lost, most);
      const outcome = outcomeOf(received, { leadId, reserve: options.rateLimitReserve, now: clock.now() });
      if (outcome.kind === 'acknowledged') etags.note(outcome.lead, outcome.etag);
      if (received.response.status === 429 && !outcome.wait) onWarning('rate-limit-headers-hidden', hiddenWarning);
      return outcome;
    } catch (error) {
      const failure = error as LeadboxError; // send and leadPath throw nothing else
      // Without a cause it was us who stopped listening: the request may still arrive.
      return retry('network', failure, !failure.cause);
    }
  };
  const isConditional = options.preconditions ?? isOwnOrigin;

  return {
    async patch({ leadId, body, id, version, arrivesUntil, etag = etags.of(leadId, version) }, lost) {
      const headers: Record<string, string> = { 'Content-Type': 'application/json' };
      if (options.idempotencyHeader) headers[options.idempotencyHeader] = id;
      if (isConditional && etag !== undefined) headers['If-Match'] = etag;
      // What fences count on: of the time that it waited since it was chosen, so much less is left; enough to be answered in.
      const most = Math.min(timeout, Math.max(timeout / 2, arrivesUntil - travelTime - clock.now()));
      const outcome = await attempt(leadId, { method: 'PATCH', body }, headers, lost, most);
      // It wants an If-Match, which goes nowhere here: no look at the lead would help.
      const isInVain = outcome.kind === 'refused' && outcome.status === 428 && !isConditional;
      return isInVain ? { ...outcome, reason: 'rejected' } : outcome;
    },
    async look(leadId, lost) {
      const outcome = await attempt(leadId, { cache: 'no-store' }, {}, lost);
      // Only an answer that is about the lead says something about its edits.
      if (outcome.kind !== 'refused' || outcome.reason === 'gone' || outcome.reason === 'forbidden') return outcome;
      const message = `The lead could not be fetched: status ${outcome.status}.`;
      return { ...retry('retry', new LeadboxError('request-failed', message)), wait: outcome.wait };
    },
    etagOf: ({ id, updated_at: version }) => etags.of(id, version),
    async get(id) {
      const { text, response } = await ask(leadPath(id));
      const lead = answeredLead(text, id);
      if (!lead) throw badResponse();
      etags.note(lead, etagIn(response));
      return lead;
    },
    async page(search, signal) {
      const { response, text } = await send(`/leads?${search}`, { cache: 'no-store' }, {}, signal);
      const now = clock.now();
      const body = parsed(text);
      const wait = budgetWait(response, options.rateLimitReserve, now);
      if (response.status === 429 || response.status === 503) {
        const asked = firstWait(retryAfter(response, errorBody(text).retry_after, now), wait);
        if (asked?.delay) return { wait: asked }; // none is no answer to when: that is the caller's to find out
      }
      accept(response);
      const page = checked(leadPageSchema, body);
      if (!page) throw badResponse();
      return { page, wait };
    },
  };
}

// As the API's documentation has its keys.
const looksLikeKey = /\borw_/;
const keyWarning =
  'A header holds an API key, which everyone who opens the page can read. Have your own backend add it: see "The server" in the README.';
const hiddenWarning =
  'The server limits the rate and this page cannot read for how long. Let CORS expose Retry-After, X-RateLimit-* and Date, or go through your own origin.';

/** Whether requests to this base go to the page's own origin: other origins would have to permit a header of ours. */
function isSameOrigin(baseUrl: string, origin: string | undefined): boolean {
  const here = origin?.startsWith('http') ? origin : 'https://page.invalid';
  return new URL(baseUrl, here).origin === here;
}

function leadPath(id: string): string {
  checkLeadId(id);
  return `/leads/${id}`;
}
