import type { Lead } from '../model/lead.ts';
import { refusal, type ServerAnswer } from './server-answer.ts';

/** The answer to GET /leads: the leads that the query's filters let through, one page of them. */
export function leadPage(query: URLSearchParams, leads: readonly Lead[]): ServerAnswer {
  const limit = wholeNumber(query.get('limit') ?? '50');
  const offset = wholeNumber(query.get('offset') ?? '0');
  if (limit === undefined || limit === 0) return refusal(400, 'limit must be a whole number from 1 to 100.');
  if (offset === undefined) return refusal(400, 'offset must be a whole number.');

  const after = instant(query.get('created_after'), Number.NEGATIVE_INFINITY);
  const before = instant(query.get('created_before'), Number.POSITIVE_INFINITY);
  if (Number.isNaN(after) || Number.isNaN(before)) {
    return refusal(400, 'created_after and created_before must be dates as in 2025-01-15T10:30:00Z.');
  }

  const source = query.get('source');
  const code = query.get('code');
  const found = leads.filter((lead) => {
    const created = Date.parse(lead.created_at);
    if (source !== null && lead.source !== source) return false;
    if (code !== null && lead.code !== code) return false;
    return created > after && created < before;
  });
  const size = Math.min(limit, 100);
  return {
    status: 200,
    body: {
      data: found.slice(offset, offset + size),
      pagination: { limit: size, offset, total: found.length },
    },
  };
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** NaN for what is no date; a bare number, which Date.parse would take for one, is none either. */
function instant(text: string | null, absent: number): number {
  if (text === null) return absent;
  return /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
}
