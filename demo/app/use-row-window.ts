import { type RefObject, useEffect, useState } from 'react';

/** The rows of a scrolling box that can be seen, and some around them. */
export interface RowWindow {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
}

const spare = 6;

/** Rows are all `rowHeight` pixels high. */
export function useRowWindow(box: RefObject<HTMLElement | null>, rows: number, rowHeight: number): RowWindow {
  const [{ top, height }, setView] = useState({ top: 0, height: 900 });

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => {
      // Whole rows only, so that most scrolling changes nothing.
      const top = Math.floor(element.scrollTop / rowHeight) * rowHeight;
      const height = element.clientHeight;
      setView((view) => (view.top === top && view.height === height ? view : { top, height }));
    };
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [box, rowHeight]);

  const first = Math.max(0, Math.min(top / rowHeight, rows - 1) - spare);
  return { first, end: Math.min(rows, first + Math.ceil(height / rowHeight) + 1 + 2 * spare) };
}
