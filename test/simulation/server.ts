import type { JsonObject, Lead } from '../../src/index.ts';
import { referencePatch } from './reference-merge.ts';

/** An answer of the API. */
export interface ServerAnswer {
  readonly status: number;
  readonly text: string;
}

/** The API: it merges, refuses by rule, and other people write there too. */
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
}

/** A patch with one of these words is refused, with its status. */
export const refusals: Readonly<Record<string, number>> = { reject: 422, forbid: 403, clash: 409, vanish: 410 };

export function createServer(given: readonly Lead[], now: () => number): Server {
  const leads = new Map(given.map((lead) => [lead.id, lead]));
  const versions = new Map(given.map((lead) => [`${lead.id} ${lead.updated_at}`, lead]));
  const answered = new Map<string, ServerAnswer>();

  const write = (id: string, patch: JsonObject): Lead => {
    const before = leads.get(id) as Lead; // the caller looked
    // In full seconds, as the API has it, and always later than before.
    const seconds = Math.max(Math.floor(now() / 1_000), Math.floor(Date.parse(before.updated_at) / 1_000) + 1);
    const updated_at = new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z');
    const after = { ...referencePatch(before, patch), updated_at };
    leads.set(id, after);
    versions.set(`${id} ${updated_at}`, after);
    return after;
  };

  return {
    handle({ method, leadId, text, key }, onApplied) {
      if (!leads.has(leadId)) return { status: 404, text: '{"error":"not_found"}' };
      if (method !== 'PATCH') return answerOf(leads.get(leadId));
      const before = key === undefined ? undefined : answered.get(key);
      if (before) return before;
      const word = Object.keys(refusals).find((refused) => text?.includes(refused));
      if (word) return { status: refusals[word] ?? 400, text: '{"error":"refused","message":"Not this."}' };
      onApplied();
      const answer = answerOf(write(leadId, JSON.parse(text ?? '') as JsonObject)); // the library sends nothing else
      if (key !== undefined) answered.set(key, answer);
      return answer;
    },
    change: (id, patch) => void write(id, patch),
    lead: (id) => leads.get(id) as Lead, // asked for the leads of the life only
    leads: () => [...leads.values()],
    version: (id, updatedAt) => versions.get(`${id} ${updatedAt}`),
  };
}

function answerOf(lead: Lead | undefined): ServerAnswer {
  return { status: 200, text: JSON.stringify({ data: lead }) };
}
