import type { Lead } from 'leadbox';
import { memo } from 'react';
import { textIn, titleOf } from './lead-fields.ts';
import { StatusMark } from './status-mark.tsx';
import { leadAddress } from './use-route.ts';

export interface LeadRowProps {
  readonly lead: Lead;
  readonly position: number;
  readonly size: number;
  /** Pixels from the top of the list. */
  readonly top: number;
  readonly isOpen: boolean;
  readonly isTabStop: boolean;
  readonly isPending: boolean;
  readonly isParked: boolean;
  readonly onFocus: (id: string) => void;
}

export const LeadRow = memo(function LeadRow({ lead, position, size, top, ...row }: LeadRowProps) {
  const company = textIn(lead, 'company');
  const city = textIn(lead, 'city');
  return (
    <li aria-posinset={position + 1} aria-setsize={size} className="lead-row" style={{ top }}>
      <a
        href={leadAddress(lead.id)}
        data-lead={lead.id}
        aria-current={row.isOpen ? 'page' : undefined}
        tabIndex={row.isTabStop ? 0 : -1}
        onFocus={() => row.onFocus(lead.id)}
      >
        <span className="row-name">{titleOf(lead)}</span>
        <StatusMark status={textIn(lead, 'status')} />
        <span className="row-place">{[company, city].filter(Boolean).join(' · ')}</span>
        <span className="row-marks">
          {row.isPending ? (
            <span className="mark" data-whereabouts="device" role="img" aria-label="not sent yet" />
          ) : null}
          {row.isParked ? (
            <span className="mark" data-whereabouts="parked" role="img" aria-label="needs your decision" />
          ) : null}
        </span>
      </a>
    </li>
  );
});
