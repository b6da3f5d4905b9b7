import { isJsonObject } from '../model/json.ts';
import type { Lead } from '../model/lead.ts';
import { applyToLead } from '../model/lead-change.ts';
import { leadPage } from './lead-page.ts';
import type { LeadTable } from './lead-table.ts';
import { flawOf } from './patch-flaw.ts';
import type { FakeLeadRequest } from './received-request.ts';
import { refusal, type ServerAnswer } from './server-answer.ts';

export interface LeadRouteOptions {
  readonly sections?: 'merge' | 'replace';
  readonly etag?: boolean;
}

/** The API's answer to a request: the three documented calls, and a refusal for everything else. */
export function answerTo(request: FakeLeadRequest, table: LeadTable, options: LeadRouteOptions): ServerAnswer {
  const url = new URL(request.url, 'http://leads.invalid'); // the origin is never used
  const route = /(?:^|\/)leads(?:\/([^/]*))?$/.exec(url.pathname);
  if (route === null) return refusal(404, 'No such resource.');
  const id = route[1];
  if (id === undefined) {
    return request.method === 'GET' ? leadPage(url.searchParams, table.all()) : notAllowed('GET');
  }
  if (request.method !== 'GET' && request.method !== 'PATCH') return notAllowed('GET, PATCH');
  const lead = table.get(id);
  if (lead === undefined) return refusal(404);
  return request.method === 'GET' ? oneLead(lead, options) : patchLead(lead, request, { table, options });
}

function patchLead(
  lead: Lead,
  request: FakeLeadRequest,
  { table, options }: { readonly table: LeadTable; readonly options: LeadRouteOptions },
): ServerAnswer {
  const patch = parsed(request.text);
  if (!isJsonObject(patch)) return refusal(400, 'The body must be a JSON object.');
  const flaw = flawOf(patch);
  if (flaw !== undefined) return refusal(422, flaw);
  if (options.etag && !matches(request.headers.get('If-Match'), etagOf(lead))) return refusal(412);
  const after: Lead = options.sections === 'replace' ? { ...lead, ...patch } : applyToLead(lead, patch);
  return oneLead(table.write(after), options);
}

function oneLead(lead: Lead, options: LeadRouteOptions): ServerAnswer {
  return { status: 200, body: { data: lead }, ...(options.etag && { headers: { ETag: etagOf(lead) } }) };
}

function notAllowed(methods: string): ServerAnswer {
  return { ...refusal(405), headers: { Allow: methods } };
}

/** `updated_at` grows with every write, so it names a version of its lead. */
function etagOf(lead: Lead): string {
  return `"${lead.updated_at}"`;
}

function matches(ifMatch: string | null, etag: string): boolean {
  if (ifMatch === null) return true;
  return ifMatch.split(',').some((candidate) => candidate.trim() === '*' || candidate.trim() === etag);
}

/** A value of its own, not the one in the log; undefined where there is no JSON. */
function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
