import { useRef } from 'react';
import { useLeaveFocus } from './use-leave-focus.ts';

export interface UndoButtonProps {
  /** The field that was changed last. */
  readonly label: string;
  readonly onUndo: () => void;
}

export function UndoButton({ label, onUndo }: UndoButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  useLeaveFocus(button, () => document.getElementById('lead-title'));
  return (
    <button type="button" className="undo" ref={button} onClick={onUndo}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d="M6.5 3 3 6.5 6.5 10M3.5 6.5h6a3.25 3.25 0 0 1 0 6.5H7" />
      </svg>
      Undo {label}
    </button>
  );
}
