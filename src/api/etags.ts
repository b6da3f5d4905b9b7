import type { Lead } from '../model/lead.ts';

/**
 * The ETag of an answer. A weak one is none: no server that keeps to the standard lets If-Match match it (RFC 9110, section
 * 13.1.1), and all edits would be refused.
 */
export function etagIn({ headers }: Response): string | undefined {
  const etag = headers.get('ETag');
  return etag === null || etag.startsWith('W/') ? undefined : etag;
}

/** The ETags of leads that came with one, for as long as the page lives: with pending edits they are stored too (R38). */
export interface Etags {
  /** What came with a lead; none forgets an earlier one. */
  note(lead: Lead, etag: string | undefined): void;
  /** That of a version of a lead, named by its `updated_at`. */
  of(leadId: string, version: string | undefined): string | undefined;
}

/** Enough for what one person works on; a lead that is forgotten is sent without If-Match. */
const most = 1_000;

export function createEtags(): Etags {
  const known = new Map<string, { readonly etag: string; readonly version: string }>();
  return {
    note({ id, updated_at: version }, etag) {
      known.delete(id);
      if (etag !== undefined) known.set(id, { etag, version });
      const [oldest] = known.keys();
      if (oldest !== undefined && known.size > most) known.delete(oldest);
    },
    of(leadId, version) {
      const entry = known.get(leadId);
      return entry?.version === version ? entry?.etag : undefined;
    },
  };
}
