import { z } from 'zod/mini';
import type { JsonObject } from '../../src/index.ts';
import type { FakeLeadApi } from '../../src/testing.ts';
import type { EditFaults } from './edit-faults.ts';
import type { Handler } from './handler.ts';
import { otherRepsEdit } from './other-reps-edit.ts';
import { refusal } from './refusal.ts';

const otherRep = z.object({ id: z.uuid(), patch: z.optional(z.record(z.string(), z.json())) });
const fault = z.object({
  fault: z.union([z.literal('lost-answer'), z.int().check(z.gte(400), z.lte(599))]),
  times: z._default(z.int().check(z.gte(1), z.lte(10)), 1),
});
const latency = z.object({ milliseconds: z.int().check(z.gte(0), z.lte(10_000)) });
const shownRequests = 500;

/**
 * What only the stand-in can do.
 *
 * GET  /demo                         that this is the stand-in
 * GET  /demo/requests                the last edits that reached it, oldest first
 * POST /demo/other-rep {id, patch?}  someone else edits a lead; answers with the patch
 * POST /demo/fault {fault, times?}   what the next edits get instead of an answer; before a 409 or 412 somebody else
 *                                    changes the same fields
 * POST /demo/latency {milliseconds}  how long every answer takes
 */
export function createDemoRoutes(leads: FakeLeadApi, faults: EditFaults): Handler {
  let edits = 0;

  const posts: Record<string, (body: unknown) => Response> = {
    '/demo/other-rep'(body) {
      const { id, patch } = otherRep.parse(body);
      const lead = leads.lead(id);
      if (!lead) return refusal(404, 'not_found', 'No such lead.');
      const change: JsonObject = patch ?? otherRepsEdit(lead, edits++);
      leads.change(id, change);
      return Response.json({ patch: change });
    },
    '/demo/fault'(body) {
      const { fault: next, times } = fault.parse(body);
      faults.add(next, times);
      return new Response(null, { status: 204 });
    },
    '/demo/latency'(body) {
      leads.latency = latency.parse(body).milliseconds;
      return new Response(null, { status: 204 });
    },
  };

  return async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === 'GET' && pathname === '/demo') return Response.json({ standIn: true });
    if (request.method === 'GET' && pathname === '/demo/requests') return Response.json(editsOf(leads));
    const post = request.method === 'POST' && Object.hasOwn(posts, pathname) ? posts[pathname] : undefined;
    if (!post) return refusal(404, 'not_found', 'No such resource.');
    try {
      return post(await request.json());
    } catch {
      return refusal(400, 'bad_request', 'The body cannot be read.');
    }
  };
}

function editsOf(leads: FakeLeadApi) {
  return leads.requests
    .filter(({ method }) => method === 'PATCH')
    .slice(-shownRequests)
    .map(({ url, body, at }) => ({ leadId: url.split('/').at(-1), body, at }));
}
