import type { JsonObject, Lead } from '../../src/index.ts';
import type { Gate } from './gate.ts';
import { referencePatch, referenceReplace } from './reference-merge.ts';
import type { World } from './world.ts';

/** An answer of the API. */
export interface ServerAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds for which it asks to be left alone. */
  readonly wait?: number | undefined;
}

/** The API: it merges or replaces sections, refuses by rule, and other people write there too. */
export interface Server {
  /** Handles a request that arrived; `onApplied` is told before the answer if it changes the lead. */
  handle(request: ServerRequest, onApplied: () => void): ServerAnswer;
  /** Someone else's edit. */
  change(id: string, patch: JsonObject): void;
  lead(id: string): Lead;
  leads(): readonly Lead[];
  /** The lead as it was at this `updated_at`. */
  version(id: string, updatedAt: string): Lead | undefined;
}

export interface ServerRequest {
  readonly method: string;
  readonly leadId: string;
  readonly text: string | undefined;
  /** The idempotency key. */
  readonly key: string | undefined;
  readonly ifMatch: string | undefined;
}

/** A patch with one of these words is refused, with its status. */
export const refusals: Readonly<Record<string, number>> = { reject: 422, forbid: 403, clash: 409, vanish: 410 };

export function createServer(given: readonly Lead[], world: World, gate: Gate, now: () => number): Server {
  const leads = new Map(given.map((lead) => [lead.id, lead]));
  const versions = new Map(given.map((lead) => [`${lead.id} ${lead.updated_at}`, lead]));
  const answered = new Map<string, ServerAnswer>();

  const write = (id: string, patch: JsonObject, isReplacing = false): Lead => {
    const before = leads.get(id) as Lead; // the caller looked
    // In full seconds, as the API has it, and always later than before.
    const seconds = Math.max(Math.floor(now() / 1_000), Math.floor(Date.parse(before.updated_at) / 1_000) + 1);
    const updated_at = new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z');
    const after = { ...(isReplacing ? referenceReplace : referencePatch)(before, patch), updated_at };
    leads.set(id, after);
    versions.set(`${id} ${updated_at}`, after);
    return after;
  };

  const answerOf = (lead: Lead): ServerAnswer => {
    const etag = world.hasEtags ? { ETag: etagOf(lead) } : {};
    const { headers, wait } = gate.extras();
    return { status: 200, text: JSON.stringify({ data: lead }), headers: { ...headers, ...etag }, wait };
  };
  const refused = (status: number): ServerAnswer => ({
    ...{ status, text: '{"error":"refused","message":"Not this."}' },
    ...gate.extras(),
  });

  return {
    handle({ method, leadId, text, key, ifMatch }, onApplied) {
      const turnedAway = gate.admit();
      if (turnedAway) return turnedAway;
      const lead = leads.get(leadId);
      if (!lead) return { status: 404, text: '{"error":"not_found"}' };
      if (method !== 'PATCH') return answerOf(lead);
      const before = key === undefined ? undefined : answered.get(key);
      if (before) return before;
      const word = Object.keys(refusals).find((refused) => text?.includes(refused));
      if (word) return refused(refusals[word] ?? 400);
      if (gate.clashes()) return refused(409);
      if (world.hasEtags && ifMatch !== undefined && ifMatch !== etagOf(lead)) return refused(412);
      onApplied();
      const patch = JSON.parse(text ?? '') as JsonObject; // the library sends nothing else
      const answer = answerOf(write(leadId, patch, world.isReplacing));
      if (key !== undefined) answered.set(key, answer);
      return answer;
    },
    change: (id, patch) => void write(id, patch),
    lead: (id) => leads.get(id) as Lead, // asked for the leads of the life only
    leads: () => [...leads.values()],
    version: (id, updatedAt) => versions.get(`${id} ${updatedAt}`),
  };
}

function etagOf({ updated_at }: Lead): string {
  return `"${updated_at}"`;
}
