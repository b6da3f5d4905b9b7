import { type ReactNode, useId } from 'react';
import { useIsWide } from './use-is-wide.ts';

export interface PanelProps {
  readonly title: string;
  readonly children: ReactNode;
}

/** A part that can be folded away; where there is room it begins unfolded. */
export function Panel({ title, children }: PanelProps) {
  const isWide = useIsWide();
  const id = useId();
  return (
    <details className="panel" open={isWide}>
      <summary>
        <h3 id={id}>{title}</h3>
      </summary>
      <section aria-labelledby={id}>{children}</section>
    </details>
  );
}
