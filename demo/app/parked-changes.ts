import type { ParkedEdit } from 'leadbox';
import { describePatch } from './describe-patch.ts';

/** Parked edits that were one change to whoever typed them: every letter of a field is an edit. */
export interface ParkedChange {
  /** The last one, with all that was typed. */
  readonly edit: ParkedEdit;
  /** Those on the way there. */
  readonly earlier: readonly ParkedEdit[];
}

const pause = 4_000; // milliseconds

/** In the order of their last edits. */
export function parkedChanges(edits: readonly ParkedEdit[]): readonly ParkedChange[] {
  const changes: ParkedChange[] = [];
  for (const edit of edits) {
    const at = changes.findIndex((change) => isContinued(change.edit, edit));
    const [before] = at < 0 ? [] : changes.splice(at, 1);
    changes.push({ edit, earlier: before ? [...before.earlier, before.edit] : [] });
  }
  return changes;
}

function isContinued(one: ParkedEdit, next: ParkedEdit): boolean {
  return (
    one.leadId === next.leadId &&
    one.reason === next.reason &&
    one.reason !== 'unreadable' &&
    Date.parse(next.madeAt) - Date.parse(one.madeAt) < pause &&
    fieldsOf(one) === fieldsOf(next)
  );
}

function fieldsOf({ patch }: ParkedEdit): string {
  return JSON.stringify(describePatch(patch).map(({ path }) => path));
}
