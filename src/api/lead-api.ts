import type { Environment } from '../environment.ts';
import type { Batch } from '../model/edit.ts';
import type { Lead } from '../model/lead.ts';
import { isLeadId, type LeadPage, leadPageSchema } from '../model/lead-schema.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import { answeredLead, type Outcome, outcomeOf, parsed, type Received, requestFailed, unanswered } from './outcome.ts';

export interface LeadApiOptions {
  readonly environment: Environment;
  readonly baseUrl: string;
  readonly headers: HeadersInit | (() => HeadersInit | Promise<HeadersInit>) | undefined;
  readonly credentials: RequestCredentials;
  readonly idempotencyHeader: string | undefined;
  /** Milliseconds for one request, body included. */
  readonly timeout: number;
  /** Aborts whatever is under way. */
  readonly closed: AbortSignal;
}

/** The leads API over HTTP. Every request is built from the options at the moment it is sent. */
export interface LeadApi {
  /** One attempt at a batch. Never rejects. */
  patch(batch: Batch): Promise<Outcome>;
  /** @throws LeadboxError 'lead-not-found', 'unauthorized', 'request-failed', 'network', 'bad-response', 'aborted'. */
  get(id: string): Promise<Lead>;
  /** One page of leads; errors as `get`. */
  page(search: URLSearchParams, signal: AbortSignal | undefined): Promise<LeadPage>;
}

export function createLeadApi(options: LeadApiOptions): LeadApi {
  const { environment, timeout } = options;

  const send = async (path: string, init: RequestInit, signals: readonly AbortSignal[]): Promise<Received> => {
    const controller = new AbortController();
    const { promise, end } = ending(environment, timeout, signals, controller);
    const receive = async () => {
      const given = typeof options.headers === 'function' ? await options.headers() : options.headers;
      const headers = new Headers(given);
      for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
      if (controller.signal.aborted) throw controller.signal.reason;
      const response = await environment.fetch(`${options.baseUrl}${path}`, {
        ...init,
        headers,
        credentials: options.credentials,
        redirect: 'manual',
        signal: controller.signal,
      });
      return { response, text: await response.text() };
    };
    try {
      // A race, because neither fetch nor the reading of a body need obey the signal (R29).
      return await Promise.race([receive(), promise]);
    } finally {
      end();
    }
  };

  const ask = async (path: string, signal?: AbortSignal): Promise<string> => {
    const signals = signal ? [options.closed, signal] : [options.closed];
    const { response, text } = await send(path, { method: 'GET', cache: 'no-store' }, signals).catch(
      (error: unknown) => {
        throw asLeadboxError(error);
      },
    );
    if (response.ok && !response.redirected) return text;
    if (response.status === 401) throw new LeadboxError('unauthorized', 'The server wants a sign-in (401).');
    if (response.status === 404) throw new LeadboxError('lead-not-found', 'The server knows no such lead (404).');
    throw requestFailed(response.status);
  };

  return {
    async patch(batch) {
      const headers: Record<string, string> = { 'Content-Type': 'application/json' };
      if (options.idempotencyHeader !== undefined) headers[options.idempotencyHeader] = batch.id;
      try {
        const init = { method: 'PATCH', body: batch.body, headers };
        return outcomeOf(await send(leadPath(batch.leadId), init, [options.closed]), batch.leadId);
      } catch (error) {
        // An error of our own says that we stopped listening, not that the request is gone.
        return unanswered(asLeadboxError(error), error instanceof LeadboxError);
      }
    },
    async get(id) {
      const lead = answeredLead(await ask(leadPath(id)), id);
      if (lead) return lead;
      throw new LeadboxError('bad-response', `The answer for lead ${id} is not that lead.`);
    },
    async page(search, signal) {
      const page = parsed(await ask(`/leads?${search}`, signal));
      // As it came, not zod's copy: what the schema does not name stays.
      if (leadPageSchema.safeParse(page).success) return page as LeadPage;
      throw new LeadboxError('bad-response', 'The answer is not a page of leads.');
    },
  };
}

/** Nothing but a UUID ever becomes part of a URL (R8). */
function leadPath(id: string): string {
  if (!isLeadId(id)) throw new LeadboxError('invalid-lead-id', 'A lead id is a UUID.');
  return `/leads/${id}`;
}

/** Rejects when the time is up or one of the signals aborts; `end` lets go of timer and signals. */
function ending(
  environment: Environment,
  timeout: number,
  signals: readonly AbortSignal[],
  controller: AbortController,
): { readonly promise: Promise<never>; readonly end: () => void } {
  let end = () => {};
  const promise = new Promise<never>((_, reject) => {
    const stop = (error: LeadboxError) => {
      controller.abort(error);
      reject(error);
    };
    const cancel = () => stop(new LeadboxError('aborted', 'The request was cancelled.'));
    const timer = environment.clock.setTimeout(
      () => stop(new LeadboxError('network', `No answer within ${timeout} ms.`)),
      timeout,
    );
    for (const signal of signals) {
      if (signal.aborted) cancel();
      else signal.addEventListener('abort', cancel);
    }
    end = () => {
      environment.clock.clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', cancel);
    };
  });
  return { promise, end };
}

function asLeadboxError(error: unknown): LeadboxError {
  if (error instanceof LeadboxError) return error;
  return new LeadboxError('network', 'The request did not reach the server, or its answer did not come back.', {
    cause: error,
  });
}
