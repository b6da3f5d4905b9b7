import type { Lead } from 'leadbox';

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** What cannot be edited here. */
export function LeadFacts({ lead }: { readonly lead: Lead }) {
  return (
    <dl className="facts">
      <div>
        <dt>Company ID</dt>
        <dd className="mono">{lead.company_id ?? 'none'}</dd>
      </div>
      <div>
        <dt>Code</dt>
        <dd className="mono">{lead.code ?? 'none'}</dd>
      </div>
      <div>
        <dt>Source</dt>
        <dd>{lead.source ?? 'unknown'}</dd>
      </div>
      <div>
        <dt>Created</dt>
        <dd>{day.format(new Date(lead.created_at))}</dd>
      </div>
    </dl>
  );
}
