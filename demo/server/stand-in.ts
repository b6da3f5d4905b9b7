import type { JsonObject } from '../../src/index.ts';
import { createFakeLeadApi, createSampleLeads } from '../../src/testing.ts';
import { createDemoRoutes } from './demo-routes.ts';
import { createEditFaults } from './edit-faults.ts';
import type { DemoServer } from './handler.ts';
import { rivalEdit } from './other-reps-edit.ts';

/** The leads API in memory, with what the demo needs to show how it may fail. */
export function createStandIn(count: number): DemoServer {
  const leads = createFakeLeadApi({ leads: createSampleLeads(count) });
  const faults = createEditFaults();

  /** A conflict needs somebody who changed the same fields first. */
  const beQuicker = (url: string, body: string) => {
    const lead = leads.lead(new URL(url).pathname.split('/').at(-1) ?? '');
    if (lead) leads.change(lead.id, rivalEdit(lead, JSON.parse(body) as JsonObject)); // the page's own edit
  };

  return {
    demo: createDemoRoutes(leads, faults),
    async api(request) {
      const { method, url, headers } = request;
      const body = method === 'PATCH' ? await request.text() : undefined;
      // Only edits fail: the panel that shows the server's copy must not use up what the next edit is to meet.
      const fault = body === undefined ? undefined : faults.take(url, body);
      if (fault === 409 || fault === 412) beQuicker(url, body ?? '');
      if (fault !== undefined) leads.next(fault);
      try {
        return await leads.fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
      } catch {
        return lostAnswer();
      }
    },
  };
}

/** Begins and breaks off. With nothing at all sent, a browser may repeat the request by itself. */
function lostAnswer(): Response {
  let begun = false;
  const body = new ReadableStream({
    pull(controller) {
      if (begun) return controller.error(new TypeError('lost'));
      begun = true;
      controller.enqueue(new TextEncoder().encode('{'));
    },
  });
  return new Response(body, { headers: { 'Content-Type': 'application/json' } });
}
