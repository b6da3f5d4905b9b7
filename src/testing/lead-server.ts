import { answerTo, type LeadRouteOptions } from './lead-routes.ts';
import type { LeadTable } from './lead-table.ts';
import { createRateLimiter } from './rate-limit.ts';
import type { FakeLeadRequest } from './received-request.ts';
import { refusal, type ServerAnswer, tooManyRequests } from './server-answer.ts';

export interface LeadServerOptions extends LeadRouteOptions {
  readonly rateLimit?: { readonly limit: number; readonly windowSeconds: number };
  readonly idempotencyHeader?: string;
}

/** What stands before the routes of an API: the rate limit, repeated requests, the headers of every answer. */
export interface LeadServer {
  /** Handles the request, or answers with the given status and applies nothing. */
  answer(request: FakeLeadRequest, status: number | undefined): Response;
}

export function createLeadServer(table: LeadTable, options: LeadServerOptions, now: () => number): LeadServer {
  const countRequest = createRateLimiter(options.rateLimit, now);
  const applied = new Map<string, ServerAnswer>();
  const workspace = table.all()[0]?.workspace_id ?? '770e8400-e29b-41d4-a716-446655440002';

  const handle = (request: FakeLeadRequest): ServerAnswer => {
    const header = request.method === 'PATCH' ? options.idempotencyHeader : undefined;
    const key = header === undefined ? null : request.headers.get(header);
    const first = key === null ? undefined : applied.get(key);
    if (first !== undefined) return first;
    const answer = answerTo(request, table, options);
    if (key !== null && answer.status === 200) applied.set(key, answer);
    return answer;
  };

  return {
    answer(request, status) {
      const rate = countRequest();
      const refused = status ?? (rate.exceeded ? 429 : undefined);
      const wait = refused === 429 && options.rateLimit === undefined ? 1_000 : rate.wait;
      const answer =
        refused === undefined
          ? handle(request)
          : refused === 429
            ? tooManyRequests(Math.max(1, Math.ceil(wait / 1_000)))
            : refusal(refused);
      return responseOf(answer, {
        Date: new Date(now()).toUTCString(),
        'X-RateLimit-Limit': String(rate.limit),
        'X-RateLimit-Remaining': String(refused === 429 ? 0 : rate.remaining),
        'X-RateLimit-Reset': String(Math.ceil((now() + wait) / 1_000)),
        'X-Workspace-Id': workspace,
      });
    },
  };
}

function responseOf({ status, body, headers }: ServerAnswer, everywhere: Record<string, string>): Response {
  const bodiless = status === 204 || status === 205 || status === 304; // a Response with one of these refuses a body
  return new Response(bodiless ? null : JSON.stringify(body), {
    status,
    headers: { ...everywhere, ...(bodiless ? {} : { 'Content-Type': 'application/json' }), ...headers },
  });
}
