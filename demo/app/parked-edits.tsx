import type { ParkedEdit } from 'leadbox';
import { ParkedNotice } from './parked-notice.tsx';

export interface ParkedEditsProps {
  readonly edits: readonly ParkedEdit[];
  /** Name the lead of each. */
  readonly withLead?: boolean;
}

/** Edits that the server did not take, kept with its words. */
export function ParkedEdits({ edits, withLead = false }: ParkedEditsProps) {
  return (
    <ul className="parked-edits" aria-label="Refused edits">
      {edits.map((edit) => (
        <li key={edit.seq}>
          <ParkedNotice edit={edit} withLead={withLead} />
        </li>
      ))}
    </ul>
  );
}
