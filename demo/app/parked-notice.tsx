import type { ParkedEdit } from 'leadbox';
import { useLead } from 'leadbox/react';
import { describePatch } from './describe-patch.ts';
import { titleOf } from './lead-fields.ts';
import { leadAddress } from './use-route.ts';

const reasons: Readonly<Record<ParkedEdit['reason'], string>> = {
  rejected: 'The server refused this edit',
  forbidden: 'You may not edit this lead',
  gone: 'This lead is no longer on the server',
  conflict: 'Someone else changed the same field',
  stale: 'This edit waited too long',
  unreadable: 'This edit cannot be read any more',
};

export interface ParkedNoticeProps {
  readonly edit: ParkedEdit;
  readonly withLead: boolean;
}

export function ParkedNotice({ edit, withLead }: ParkedNoticeProps) {
  const state = useLead(edit.leadId);
  return (
    <article className="parked">
      <p className="parked-reason">
        {reasons[edit.reason]}
        {edit.status === undefined ? null : <span className="mono"> {edit.status}</span>}
      </p>
      {withLead ? (
        <p>
          <a href={leadAddress(edit.leadId)}>{state ? titleOf(state.lead) : 'Open the lead'}</a>
        </p>
      ) : null}
      <dl>
        {describePatch(edit.patch).map(({ label, value }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {edit.message === undefined ? null : <blockquote>{edit.message}</blockquote>}
    </article>
  );
}
