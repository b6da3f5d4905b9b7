import type { ParkedEdit } from 'leadbox';
import { parkedChanges } from './parked-changes.ts';
import { ParkedNotice } from './parked-notice.tsx';

export interface ParkedEditsProps {
  readonly edits: readonly ParkedEdit[];
  /** Among other leads: name the lead of each; its values are corrected on its own screen. */
  readonly withLead?: boolean;
}

/** Edits that wait for a decision, kept with the server's words. */
export function ParkedEdits({ edits, withLead = false }: ParkedEditsProps) {
  return (
    <ul className="parked-edits" aria-label="Edits to decide">
      {parkedChanges(edits).map((change) => (
        <li key={change.edit.seq}>
          <ParkedNotice change={change} withLead={withLead} />
        </li>
      ))}
    </ul>
  );
}
