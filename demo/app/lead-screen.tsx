import { useLead } from 'leadbox/react';
import { useState } from 'react';
import { FetchLead } from './fetch-lead.tsx';
import { LeadFacts } from './lead-facts.tsx';
import { titleOf } from './lead-fields.ts';
import { LeadForm } from './lead-form.tsx';
import { ParkedEdits } from './parked-edits.tsx';
import { Trail } from './trail.tsx';
import { UndoButton } from './undo-button.tsx';
import type { Unsynced } from './use-outbox.ts';
import { listAddress } from './use-route.ts';
import { useUndo } from './use-undo.ts';

export interface LeadScreenProps {
  readonly id: string;
  readonly unsynced: Unsynced;
}

/** One lead: how far its edits have come, what waits for a decision, its form. */
export function LeadScreen({ id, unsynced }: LeadScreenProps) {
  const state = useLead(id);
  const [saving, setSaving] = useState(0);
  const undo = useUndo(id);
  const parked = unsynced.parked.filter((edit) => edit.leadId === id);
  return (
    <section className="lead-pane" aria-labelledby="lead-title">
      <a className="back" href={listAddress}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M10 3 5 8l5 5" />
        </svg>
        All leads
      </a>
      <div className="lead-head">
        <h2 id="lead-title" tabIndex={-1}>
          {state ? titleOf(state.lead) : 'Lead'}
        </h2>
        {undo.field ? <UndoButton label={undo.field.label} onUndo={undo.undo} /> : null}
      </div>
      {state === null ? <FetchLead id={id} /> : null}
      {state ? (
        <>
          <Trail pending={state.pending} parked={state.parked} isSent={unsynced.sent.has(id)} isSaving={saving > 0} />
          {parked.length > 0 ? <ParkedEdits edits={parked} /> : null}
          <LeadForm state={state} onSaving={(more) => setSaving((count) => count + more)} onEdited={undo.onEdited} />
          <LeadFacts lead={state.lead} />
        </>
      ) : null}
    </section>
  );
}
