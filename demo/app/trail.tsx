import { useSyncStatus } from 'leadbox/react';
import { edits } from './status-words.ts';

const stations = [
  { at: 'device', label: 'Saved on this device' },
  { at: 'way', label: 'On its way' },
  { at: 'server', label: 'On the server' },
] as const;

export interface TrailProps {
  readonly pending: number;
  readonly parked: number;
  /** A request with some of them may be on its way. */
  readonly isSent: boolean;
  /** An edit is shown, but this device could still lose it. */
  readonly isSaving: boolean;
}

/** How far the edits of a lead have come. */
export function Trail({ pending, parked, isSent, isSaving }: TrailProps) {
  // Offline, what was sent waits for its answer here.
  const isSending = useSyncStatus()?.state === 'syncing' && isSent;
  const waiting = pending > 0 ? edits(pending) : parked > 0 ? `${edits(parked)} to decide` : undefined;
  const at = waiting === undefined ? 'server' : isSending ? 'way' : 'device';
  return (
    <ol className="trail" data-at={at} aria-label="Where the edits of this lead are">
      {stations.map((station) => (
        <li
          key={station.at}
          aria-current={station.at === at ? 'step' : undefined}
          aria-busy={station.at === 'device' && isSaving}
        >
          {station.label}
          {station.at === at && waiting ? <small>{waiting}</small> : null}
        </li>
      ))}
    </ol>
  );
}
