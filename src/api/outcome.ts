import type { Lead } from '../model/lead.ts';
import { checked, type ErrorBody, errorBodySchema, leadAnswerSchema } from '../model/lead-schema.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import type { ServerWait } from '../model/replay-state.ts';
import type { Answer } from '../model/settle.ts';
import type { WaitingFor } from '../model/status.ts';
import { etagIn } from './etags.ts';
import { budgetWait, firstWait, retryAfter } from './server-wait.ts';

/** What an attempt came to: a definite answer, or why the same bytes have to be sent again. */
export type Outcome = (Answer | Retry | { readonly kind: 'unauthorized'; readonly error: LeadboxError }) & {
  /** The server wants to be left alone for a while: by everything, not only by this lead. */
  readonly wait?: ServerWait | undefined;
};

/** Again later, by itself. */
export interface Retry {
  readonly kind: 'retry';
  readonly why: WaitingFor;
  /** Whether the request can still reach the server after this. */
  readonly mayArrive: boolean;
  readonly error: LeadboxError;
}

/** A response with its body read as text; undefined if the body was too long to be an answer. */
export interface Received {
  readonly response: Response;
  readonly text: string | undefined;
}

/** What the outcome depends on besides the response. */
export interface OutcomeTerms {
  readonly leadId: string;
  /** Share of the rate limit to leave to the rest of the app, 0 to 1. */
  readonly reserve: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const messageLength = 2_000;

/**
 * By status and checked body only (R19, R20): what cannot be recognised as an answer of the API is tried again.
 *
 *     2xx with this very lead                     acknowledged
 *     401                                         unauthorized
 *     a redirect                                  retry: it may lead to a sign-in page or a captive portal
 *     408, 425, 429, 5xx, any other 1xx–3xx       retry
 *     403 · 404, 410 · 409, 412, 428 · other 4xx  refused: forbidden · gone · conflict · rejected
 */
export function outcomeOf({ response, text }: Received, { leadId, reserve, now }: OutcomeTerms): Outcome {
  const { status } = response;
  const lead = response.ok && !response.redirected && answeredLead(text, leadId);
  const wait = budgetWait(response, reserve, now);
  if (lead) return { kind: 'acknowledged', lead, etag: etagIn(response), wait };
  const error = refusal(response);
  if (status === 401) return { kind: 'unauthorized', error, wait };
  if (response.redirected || response.type === 'opaqueredirect') return retry('session', error);
  const body = errorBody(text);
  if (status < 400 || status >= 500 || status === 408 || status === 425 || status === 429) {
    const why = status === 429 ? 'rate-limit' : 'retry';
    // 408 and 504 say that somebody stopped waiting, not that the request is gone.
    const again = retry(why, error, status === 408 || status === 504);
    return { ...again, wait: firstWait(retryAfter(response, body.retry_after, now), wait) };
  }
  const message = (body.message ?? body.error)?.slice(0, messageLength);
  return { kind: 'refused', reason: reasons[status] ?? 'rejected', status, message, wait };
}

const reasons: Readonly<Record<number, 'forbidden' | 'gone' | 'conflict'>> = {
  403: 'forbidden',
  404: 'gone',
  409: 'conflict',
  410: 'gone',
  412: 'conflict',
  428: 'conflict', // it wants an If-Match, which a look at the lead may bring
};

export function retry(why: WaitingFor, error: LeadboxError, mayArrive = false): Retry {
  return { kind: 'retry', why, mayArrive, error };
}

/** The lead in the body of an answer, if it is this lead (R19). */
export function answeredLead(text: string | undefined, id: string): Lead | undefined {
  const lead = checked(leadAnswerSchema, parsed(text))?.data;
  return lead?.id === id ? lead : undefined;
}

/** A body that a program can read, or undefined: what a SyntaxError would quote of it is nobody's business (R55). */
export function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** What a body says of a refusal; what a proxy in between made of one member says nothing about the others. */
export function errorBody(text: string | undefined): ErrorBody {
  const body = parsed(text) as ErrorBody | null | undefined; // or anything else: each member is checked
  const members = (['error', 'message', 'retry_after'] as const).map((name) =>
    checked(errorBodySchema, { [name]: body?.[name] }),
  );
  return Object.assign({}, ...members);
}

/** Why a response is not what was asked for. */
export function refusal({ ok, status }: Response): LeadboxError {
  if (status === 401) return new LeadboxError('unauthorized', 'The server wants a sign-in (401).');
  if (!ok) return new LeadboxError('request-failed', `The server answered with status ${status}.`);
  return new LeadboxError(
    'bad-response',
    'The answer is not from the API. A captive portal or a proxy may have given it.',
  );
}
