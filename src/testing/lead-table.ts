import { isJsonObject, type JsonObject, toJson } from '../model/json.ts';
import { asJson, type Lead } from '../model/lead.ts';
import { applyToLead } from '../model/lead-change.ts';
import { checkedLeads, leadSchema } from '../model/lead-schema.ts';
import { LeadboxError } from '../model/leadbox-error.ts';

/** The server's leads. What it gives is never changed in place. */
export interface LeadTable {
  /** In the order in which they were given. */
  all(): readonly Lead[];
  get(id: string): Lead | undefined;
  /** Put `lead` in the place of the one with its id, with `updated_at` moved on; gives what is stored. */
  write(lead: Lead): Lead;
  /** Apply a merge patch that may touch every member but the id. */
  change(id: string, patch: JsonObject): void;
}

export function createLeadTable(given: readonly unknown[], now: () => number): LeadTable {
  const leads = new Map<string, Lead>();
  for (const [index, lead] of checkedLeads(given).entries()) {
    if (leads.has(lead.id)) {
      throw new LeadboxError('invalid-lead', `Lead ${index} repeats the id ${lead.id}: give each lead its own.`, {
        path: [String(index), 'id'],
      });
    }
    leads.set(lead.id, inDocumentedOrder(asJson(lead)));
  }

  const write = (lead: Lead): Lead => {
    const stored = { ...lead, updated_at: laterThan(lead.updated_at, now()) };
    leads.set(lead.id, stored);
    return stored;
  };

  return {
    all: () => [...leads.values()],
    get: (id) => leads.get(id),
    write,
    change(id, patch) {
      const before = leads.get(id);
      if (before === undefined) throw new LeadboxError('lead-not-found', `There is no lead ${id} to change.`);
      const copy = toJson(patch);
      const after = applyToLead(before, isJsonObject(copy) ? copy : {});
      const checked = leadSchema.safeParse(after);
      if (checked.success && after.id === id) return void write(after);
      const path = checked.error?.issues[0]?.path.map(String) ?? ['id'];
      throw new LeadboxError('invalid-edit', `This change of lead ${id} makes it invalid at ${path.join('.')}.`, {
        path,
      });
    },
  };
}

const documentedOrder = [
  'id',
  'visitor_id',
  'workspace_id',
  'code',
  'source',
  'created_at',
  'updated_at',
  'properties',
  'location',
  'identity_id',
  'session_id',
  'summary',
  'company_id',
];

function inDocumentedOrder(lead: JsonObject): Lead {
  const later = Object.keys(lead).filter((member) => !documentedOrder.includes(member));
  const members = [...documentedOrder.filter((member) => Object.hasOwn(lead, member)), ...later];
  return Object.fromEntries(members.map((member) => [member, lead[member]])) as unknown as Lead; // as it was checked
}

/** Now, in full seconds, but always after `before`, so that every write is newer than the one before it. */
function laterThan(before: string, now: number): string {
  const seconds = Math.max(Math.floor(now / 1_000), Math.floor(Date.parse(before) / 1_000) + 1);
  return new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z');
}
