import { useSyncExternalStore } from 'react';

const query = matchMedia('(min-width: 64rem)');

/** Whether there is room for the lead and the server's copy side by side. */
export function useIsWide(): boolean {
  return useSyncExternalStore(subscribe, () => query.matches);
}

function subscribe(changed: () => void): () => void {
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
}
