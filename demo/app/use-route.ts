import { useSyncExternalStore } from 'react';

/** The id of the lead that the address names; undefined on the list. */
export function useOpenLead(): string | undefined {
  return useSyncExternalStore(subscribe, openLead);
}

export function leadAddress(id: string): string {
  return `#/leads/${id}`;
}

/** The address of the list. */
export const listAddress = '#/';

function openLead(): string | undefined {
  return /^#\/leads\/([0-9a-f-]{36})$/i.exec(location.hash)?.[1];
}

function subscribe(changed: () => void): () => void {
  addEventListener('hashchange', changed);
  return () => removeEventListener('hashchange', changed);
}
