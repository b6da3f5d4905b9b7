import type { Lead } from '../model/lead.ts';
import { checked, errorBodySchema, leadAnswerSchema } from '../model/lead-schema.ts';
import { LeadboxError } from '../model/leadbox-error.ts';
import type { Answer } from '../model/settle.ts';
import type { WaitingFor } from '../model/status.ts';

/** What an attempt came to: a definite answer, or a reason to send the same bytes again later. */
export type Outcome = Answer | Retry;

export interface Retry {
  readonly kind: 'retry';
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
  const lead = response.ok && !response.redirected && answeredLead(text, leadId);
  if (lead) return { kind: 'acknowledged', lead };
  const error = refusal(response);
  // A redirect may lead to a sign-in page.
  if (status === 401 || response.redirected || response.type === 'opaqueredirect') return retry('session', error);
  if (status === 429) return retry('rate-limit', error);
  // 408 and 504 say that somebody stopped waiting, not that the request is gone.
  if (status < 400 || status >= 500 || status === 408 || status === 425) {
    return retry('retry', error, status === 408 || status === 504);
  }
  const reason = reasons[status] ?? 'rejected';
  const body = checked(errorBodySchema, parsed(text));
  return { kind: 'refused', reason, status, message: (body?.message ?? body?.error)?.slice(0, messageLength) };
}

const reasons: Readonly<Record<number, 'forbidden' | 'gone' | 'conflict'>> = {
  403: 'forbidden',
  404: 'gone',
  409: 'conflict',
  410: 'gone',
  412: 'conflict',
};

export function retry(why: WaitingFor, error: LeadboxError, mayArrive = false): Retry {
  return { kind: 'retry', why, mayArrive, error };
}

/** The lead in the body of an answer, if it is this lead (R19). */
export function answeredLead(text: string, id: string): Lead | undefined {
  const lead = checked(leadAnswerSchema, parsed(text))?.data;
  return lead?.id === id ? lead : undefined;
}

/** A body that a program can read, or undefined: what a SyntaxError would quote of it is nobody's business (R55). */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
