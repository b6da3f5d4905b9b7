import { type RefObject, useLayoutEffect } from 'react';

/** When an element goes and has the focus in it, the focus goes on to `next` instead of falling out of the page. */
export function useLeaveFocus(
  ref: RefObject<HTMLElement | null>,
  next: (leaving: HTMLElement) => Element | null,
): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: `next` looks at the page as it is when the element goes
  useLayoutEffect(() => {
    const element = ref.current;
    return () => {
      if (!element?.contains(document.activeElement)) return;
      const heir = next(element);
      if (heir instanceof HTMLElement) heir.focus();
    };
  }, [ref]);
}
