import { createFakeLeadApi, createSampleLeads } from '../../src/testing.ts';
import { createDemoRoutes } from './demo-routes.ts';
import { createEditFaults } from './edit-faults.ts';
import type { DemoServer } from './handler.ts';

/** The leads API in memory, with what the demo needs to show how it may fail. */
export function createStandIn(count: number): DemoServer {
  const leads = createFakeLeadApi({ leads: createSampleLeads(count) });
  const faults = createEditFaults();

  return {
    demo: createDemoRoutes(leads, faults),
    async api(request) {
      const { method, url, headers } = request;
      const body = method === 'PATCH' ? await request.text() : undefined;
      // Only edits fail: the panel that shows the server's copy must not use up what the next edit is to meet.
      const fault = body === undefined ? undefined : faults.take(url, body);
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
