import { useSyncStatus } from 'leadbox/react';
import { edits } from './status-words.ts';

const stations = [
  { at: 'device', label: 'Saved on this device' },
  { at: 'way', label: 'On its way' },
  { at: 'server', label: 'On the server' },
] as const;

/** How far the edits of a lead have come. */
export function Trail({ pending }: { readonly pending: number }) {
  const isSending = useSyncStatus()?.state === 'syncing';
  const at = pending === 0 ? 'server' : isSending ? 'way' : 'device';
  return (
    <ol className="trail" data-at={at} aria-label="Where the edits of this lead are">
      {stations.map((station) => (
        <li key={station.at} aria-current={station.at === at ? 'step' : undefined}>
          {station.label}
          {station.at === at && pending > 0 ? <small>{edits(pending)}</small> : null}
        </li>
      ))}
    </ol>
  );
}
