import { useSyncStatus } from 'leadbox/react';
import { edits } from './status-words.ts';

const stations = [
  { at: 'device', label: 'Saved on this device' },
  { at: 'way', label: 'On its way' },
  { at: 'server', label: 'On the server' },
] as const;

export interface TrailProps {
  readonly pending: number;
  /** An edit is shown, but this device could still lose it. */
  readonly isSaving: boolean;
}

/** How far the edits of a lead have come. */
export function Trail({ pending, isSaving }: TrailProps) {
  const isSending = useSyncStatus()?.state === 'syncing';
  const at = pending === 0 ? 'server' : isSending ? 'way' : 'device';
  return (
    <ol className="trail" data-at={at} aria-label="Where the edits of this lead are">
      {stations.map((station) => (
        <li
          key={station.at}
          aria-current={station.at === at ? 'step' : undefined}
          aria-busy={station.at === 'device' && isSaving}
        >
          {station.label}
          {station.at === at && pending > 0 ? <small>{edits(pending)}</small> : null}
        </li>
      ))}
    </ol>
  );
}
