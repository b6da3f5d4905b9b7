import type { Lead } from 'leadbox';
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react';
import { LeadRow } from './lead-row.tsx';
import type { Unsynced } from './use-outbox.ts';
import { useRowWindow } from './use-row-window.ts';

export interface LeadListProps {
  readonly leads: readonly Lead[];
  readonly openId: string | undefined;
  readonly leftId: string | undefined;
  readonly unsynced: Unsynced;
}

const rowHeight = 68; // pixels, as in lead-list.css
const page = 8; // rows

/**
 * The rows that can be seen of a list of any length. One of them can be reached by Tab; from there arrows, Home, End
 * and the page keys lead to all others.
 */
export function LeadList({ leads, openId, leftId, unsynced }: LeadListProps) {
  const box = useRef<HTMLUListElement>(null);
  const { first, end } = useRowWindow(box, leads.length, rowHeight);
  const [activeId, setActiveId] = useState(openId);
  const wantsFocus = useRef<string>(undefined);
  const left = useRef<string>(undefined);
  const active = Math.max(
    0,
    leads.findIndex(({ id }) => id === activeId),
  );

  const go = (to: number) => {
    const index = Math.max(0, Math.min(to, leads.length - 1));
    const lead = leads[index];
    if (!lead) return;
    wantsFocus.current = lead.id;
    setActiveId(lead.id);
    show(box.current, index);
  };

  useLayoutEffect(() => {
    if (left.current === leftId) return; // only on the way back: a list that changes later takes no focus
    left.current = leftId;
    const index = leads.findIndex(({ id }) => id === leftId);
    if (leftId === undefined || index < 0) return;
    wantsFocus.current = leftId;
    setActiveId(leftId);
    show(box.current, index);
  }, [leads, leftId]);

  useLayoutEffect(() => {
    if (wantsFocus.current === undefined) return;
    const row = box.current?.querySelector<HTMLElement>(`[data-lead="${wantsFocus.current}"]`);
    if (!row) return;
    wantsFocus.current = undefined;
    row.focus({ preventScroll: true });
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = steps[event.key];
    const to = step !== undefined ? active + step : { Home: 0, End: leads.length - 1 }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(to);
  };

  const rows = Array.from({ length: end - first }, (_, offset) => first + offset);
  // The row that Tab and the arrows start from is there even when it was scrolled away.
  if (active < first) rows.unshift(active);
  if (active >= end) rows.push(active);

  return (
    <ul className="lead-list" ref={box} onKeyDown={onKeyDown}>
      <li className="lead-list-room" role="presentation" style={{ height: leads.length * rowHeight }} />
      {rows.map((index) => {
        const lead = leads[index];
        return lead ? (
          <LeadRow
            key={lead.id}
            lead={lead}
            position={index}
            size={leads.length}
            top={index * rowHeight}
            isOpen={lead.id === openId}
            isTabStop={index === active}
            isPending={unsynced.pending.has(lead.id)}
            isParked={unsynced.parkedLeads.has(lead.id)}
            onFocus={setActiveId}
          />
        ) : null;
      })}
    </ul>
  );
}

function show(box: HTMLElement | null, index: number): void {
  if (!box) return;
  const top = index * rowHeight;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + rowHeight - box.clientHeight;
}
