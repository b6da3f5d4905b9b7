import { useSyncStatus } from 'leadbox/react';
import { spokenStatus } from './status-words.ts';
import { useSteady } from './use-steady.ts';

/** Tells a screen reader how synchronisation stands, once it has come to rest. */
export function Announcer() {
  const words = useSteady(spokenStatus(useSyncStatus()), 1_500);
  return (
    <p className="unseen" role="status">
      {words}
    </p>
  );
}
