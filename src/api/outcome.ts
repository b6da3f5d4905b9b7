import type { Lead } from '../model/lead.ts';
import { errorBodySchema, leadAnswerSchema } from '../model/lead-schema.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import type { Answer } from '../model/settle.ts';
import type { WaitingFor } from '../model/status.ts';

/** What an attempt came to: a definite answer, or a reason to send the same bytes again later. */
export type Outcome = Answer | Retry;

export interface Retry {
  readonly kind: 'retry';
  /** Whether it is about this lead or about the connection, the server or the session as a whole. */
  readonly scope: 'lead' | 'all';
  readonly why: WaitingFor;
  /** Whether the request can still reach the server after this. */
  readonly mayArrive: boolean;
  readonly error: LeadboxError;
}

/** A response with its body read as text. */
export interface Received {
  readonly response: Response;
  readonly text: string;
}

const messageLength = 2_000;

/** By status and checked body only (R19, R20): what cannot be recognised as an answer of the API is tried again. */
export function outcomeOf({ response, text }: Received, leadId: string): Outcome {
  const { status } = response;
  if (response.type === 'opaqueredirect' || response.redirected) {
    return retry('all', 'session', new LeadboxError('bad-response', 'The server redirected the request elsewhere.'));
  }
  if (response.ok) return acknowledgement(text, leadId);
  const error = requestFailed(status);
  if (status === 401)
    return retry('all', 'session', new LeadboxError('unauthorized', 'The server wants a sign-in (401).'));
  if (status === 429) return retry('all', 'rate-limit', error);
  // 408 and 504 say that somebody stopped waiting, not that the request is gone.
  if (status === 408 || status === 504) return { ...retry('lead', 'retry', error), mayArrive: true };
  if (status === 425 || status < 400 || status >= 500) return retry('lead', 'retry', error);
  const message = serverMessage(text);
  return { kind: 'refused', reason: reasonOf(status), status, ...(message === undefined ? {} : { message }) };
}

/** No response came: the connection failed, or nobody answered in time; then the request may still arrive. */
export function unanswered(error: LeadboxError, mayArrive: boolean): Retry {
  return { kind: 'retry', scope: 'lead', why: 'network', mayArrive, error };
}

export function requestFailed(status: number): LeadboxError {
  return new LeadboxError('request-failed', `The server answered with status ${status}.`);
}

/** The lead in the body of an answer, if it is this lead (R19). As it came: what the schema does not name stays. */
export function answeredLead(text: string, id: string): Lead | undefined {
  const body = parsed(text);
  const checked = leadAnswerSchema.safeParse(body);
  return checked.success && checked.data.data.id === id ? (body as { data: Lead }).data : undefined;
}

/** A body that a program can read, or undefined: what a SyntaxError would quote of it is nobody's business. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function acknowledgement(text: string, leadId: string): Outcome {
  const lead = answeredLead(text, leadId);
  if (lead) return { kind: 'acknowledged', lead };
  return retry(
    'lead',
    'retry',
    new LeadboxError('bad-response', 'The answer is not the lead. A captive portal or a proxy may have given it.'),
  );
}

function reasonOf(status: number): 'forbidden' | 'gone' | 'conflict' | 'rejected' {
  if (status === 403) return 'forbidden';
  if (status === 404 || status === 410) return 'gone';
  if (status === 409 || status === 412) return 'conflict';
  return 'rejected';
}

function serverMessage(text: string): string | undefined {
  const body = errorBodySchema.safeParse(parsed(text));
  const message = body.success ? (body.data.message ?? body.data.error) : undefined;
  return message?.slice(0, messageLength);
}

function retry(scope: Retry['scope'], why: WaitingFor, error: LeadboxError): Retry {
  return { kind: 'retry', scope, why, mayArrive: false, error };
}
