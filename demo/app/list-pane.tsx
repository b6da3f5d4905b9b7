import { useState } from 'react';
import { FillNotice } from './fill-notice.tsx';
import { LeadFilters } from './lead-filters.tsx';
import { LeadList } from './lead-list.tsx';
import { Panel } from './panel.tsx';
import { ParkedEdits } from './parked-edits.tsx';
import { useFill } from './use-fill.ts';
import { useLeadSearch } from './use-lead-search.ts';
import type { Unsynced } from './use-outbox.ts';
import { useSteady } from './use-steady.ts';

export interface ListPaneProps {
  readonly openId: string | undefined;
  /** The lead that was just left: its row takes the focus. */
  readonly leftId: string | undefined;
  readonly unsynced: Unsynced;
}

/** All leads of this device, with search and filter. */
export function ListPane({ openId, leftId, unsynced }: ListPaneProps) {
  const [text, setText] = useState('');
  const [status, setStatus] = useState('');
  const fill = useFill();
  const { leads, isWhole } = useLeadSearch(text, status);
  const count = leads && isWhole ? `${leads.length.toLocaleString('en')} ${leads.length === 1 ? 'lead' : 'leads'}` : '';
  const spoken = useSteady(count, 1_000);

  return (
    <section className="list-pane" aria-labelledby="list-title">
      <h2 id="list-title" className="unseen">
        Leads
      </h2>
      <LeadFilters text={text} status={status} onText={setText} onStatus={setStatus} count={count} />
      <p className="unseen" role="status">
        {spoken}
      </p>
      <FillNotice fill={fill} />
      {leads && leads.length > 0 ? (
        <LeadList leads={leads} openId={openId} leftId={leftId} unsynced={unsynced} />
      ) : (
        isWhole && fill.hasLeads && <p className="nothing">No lead matches.</p>
      )}
      {unsynced.parked.length > 0 ? (
        <Panel title={`To decide (${unsynced.parked.length})`}>
          <ParkedEdits edits={unsynced.parked} withLead />
        </Panel>
      ) : null}
    </section>
  );
}
