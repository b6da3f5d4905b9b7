import type { ParkedEdit } from 'leadbox';
import { useLead } from 'leadbox/react';
import { type FormEvent, useId, useRef, useState } from 'react';
import { ConflictValues } from './conflict-values.tsx';
import { describePatch } from './describe-patch.ts';
import { Field } from './field.tsx';
import { type FieldValue, type LeadField, textOf, titleOf } from './lead-fields.ts';
import type { ParkedChange } from './parked-changes.ts';
import { edits } from './status-words.ts';
import { useDecision } from './use-decision.ts';
import { useLeaveFocus } from './use-leave-focus.ts';
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
  readonly change: ParkedChange;
  readonly withLead: boolean;
}

/** A parked change: what was typed, what the server said, and what to do about it. */
export function ParkedNotice({ change, withLead }: ParkedNoticeProps) {
  const { edit, earlier } = change;
  const lines = describePatch(edit.patch);
  const what = lines.map(({ label }) => label).join(', ') || 'this lead';
  const state = useLead(edit.leadId);
  const { failure, tryAgain, discard } = useDecision(change, what);
  const [corrections, setCorrections] = useState<ReadonlyMap<LeadField, FieldValue>>(new Map());
  const reason = useId();
  const notice = useRef<HTMLElement>(null);
  useLeaveFocus(notice, heirOf);

  const { conflicts } = edit;
  const isCorrectable = edit.reason === 'rejected' && !withLead;
  const isAmended = corrections.size > 0;
  const again = conflicts ? 'Keep mine' : isAmended ? 'Send corrected' : 'Try again';
  const drop = conflicts ? 'Keep theirs' : 'Discard';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isAmended) return tryAgain();
    tryAgain((patch) => {
      for (const [field, value] of corrections) field.amend(patch, value);
    });
  };

  return (
    <article className="parked" ref={notice} tabIndex={-1} aria-labelledby={reason}>
      <p className="parked-reason" id={reason}>
        <span className="unseen">{what}: </span>
        {reasons[edit.reason]}
        {edit.status === undefined ? null : <span className="mono"> {edit.status}</span>}
      </p>
      {withLead ? (
        <p>
          <a href={leadAddress(edit.leadId)}>{state ? titleOf(state.lead) : 'Open the lead'}</a>
        </p>
      ) : null}
      <form onSubmit={submit}>
        {conflicts ? <ConflictValues conflicts={conflicts} /> : null}
        {conflicts
          ? null
          : lines.map(({ path, label, text, value, field }) =>
              isCorrectable && field ? (
                <Field
                  key={field.name}
                  field={field}
                  text={corrections.has(field) ? textOf(corrections.get(field)) : text}
                  isUnsent={false}
                  onEdit={(corrected) => setCorrections((before) => new Map(before).set(field, corrected))}
                />
              ) : (
                <dl key={path.join()}>
                  <div>
                    <dt>{label}</dt>
                    <dd>{value}</dd>
                  </div>
                </dl>
              ),
            )}
        {edit.message === undefined ? null : <blockquote>{edit.message}</blockquote>}
        {failure === undefined ? null : (
          <p className="failure" role="alert">
            {failure}
          </p>
        )}
        <p className="parked-acts">
          <button type="submit" aria-label={`${again}: ${what}`}>
            {again}
          </button>
          <button type="button" aria-label={`${drop}: ${what}`} onClick={discard}>
            {drop}
          </button>
          {earlier.length > 0 ? <small>typed in {edits(earlier.length + 1)}</small> : null}
        </p>
      </form>
    </article>
  );
}

/** The notice that takes the place of one that goes; without any, what it stood above. */
function heirOf(leaving: HTMLElement): Element | null {
  const all = [...(leaving.closest('.parked-edits')?.querySelectorAll('.parked') ?? [])];
  const at = all.indexOf(leaving);
  const places = leaving.closest('.lead-pane') ? ['#lead-title'] : ['.lead-list a[tabindex="0"]', '#search'];
  return [all[at + 1], all[at - 1], ...places.map((place) => document.querySelector(place))].find(Boolean) ?? null;
}
