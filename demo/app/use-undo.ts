import type { Edit } from 'leadbox';
import { useLeadbox } from 'leadbox/react';
import { useCallback, useRef, useState } from 'react';
import { type LeadField, textOf } from './lead-fields.ts';
import { useSay } from './spoken.tsx';

/** Taking back what was done to a lead since it was opened, the last change first. */
export interface Undo {
  /** The field of the last change; undefined if there is none to take back. */
  readonly field: LeadField | undefined;
  readonly undo: () => void;
  readonly onEdited: (field: LeadField, edit: Edit) => void;
}

/** Edits that are one change to whoever typed them: letters of one field without a long pause. */
interface Change {
  readonly field: LeadField;
  readonly edits: readonly Edit[];
  /** Milliseconds since 1970. */
  readonly lastAt: number;
}

const pause = 4_000; // milliseconds
const kept = 50; // changes

export function useUndo(id: string): Undo {
  const leadbox = useLeadbox();
  const say = useSay();
  const [changes, setChanges] = useState<readonly Change[]>([]);
  const isUndoing = useRef(false);

  const onEdited = useCallback((field: LeadField, edit: Edit) => {
    if (edit.seq === 0) return;
    setChanges((before) => withEdit(before, field, edit));
    void edit.settled.then(({ outcome }) => {
      // What the server refused is out of the field already, and kept where it waits for a decision.
      if (outcome === 'parked' || outcome === 'discarded') setChanges((before) => withoutEdit(before, edit));
    });
  }, []);

  const last = changes.at(-1);
  const undo = async () => {
    if (!last || isUndoing.current) return;
    isUndoing.current = true;
    const { field, edits } = last;
    const text = async () => {
      const state = await leadbox.get(id);
      return state ? textOf(field.read(state.lead)) : '';
    };
    try {
      const before = await text();
      for (const edit of [...edits].reverse()) await edit.undo();
      const after = await text();
      say(
        before === after
          ? `Nothing to undo: ${field.label} was changed by someone else since.`
          : `Undone. ${field.label} is ${after || 'empty'} again.`,
      );
      setChanges((now) => now.filter((change) => change.field !== field || change.edits[0] !== edits[0]));
    } catch (error) {
      say(`${field.label} could not be undone. ${error instanceof Error ? error.message : ''}`);
    } finally {
      isUndoing.current = false;
    }
  };

  return { field: last?.field, undo: () => void undo(), onEdited };
}

function withEdit(changes: readonly Change[], field: LeadField, edit: Edit): readonly Change[] {
  const lastAt = Date.now();
  const last = changes.at(-1);
  return last?.field === field && lastAt - last.lastAt < pause
    ? [...changes.slice(0, -1), { field, edits: [...last.edits, edit], lastAt }]
    : [...changes, { field, edits: [edit], lastAt }].slice(-kept);
}

function withoutEdit(changes: readonly Change[], edit: Edit): readonly Change[] {
  return changes
    .map((change) =>
      change.edits.includes(edit) ? { ...change, edits: change.edits.filter((other) => other !== edit) } : change,
    )
    .filter(({ edits }) => edits.length > 0);
}
