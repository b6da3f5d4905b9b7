import { useLeadbox, useSyncStatus } from 'leadbox/react';
import { clockTime } from './clock-time.ts';
import { Countdown } from './countdown.tsx';
import { edits, statusWords } from './status-words.ts';

/** Where all edits are, what they wait for and until when. */
export function SyncSummary() {
  const leadbox = useLeadbox();
  const status = useSyncStatus();
  const { whereabouts, text } = statusWords(status);
  return (
    <p className="summary">
      <span className="summary-state" data-whereabouts={whereabouts}>
        {text}
      </span>
      {status && status.parked > 0 ? (
        <span className="summary-state" data-whereabouts="parked">
          {edits(status.parked)} to decide
        </span>
      ) : null}
      <span className="summary-when">
        {status?.nextAttemptAt !== undefined ? (
          <Countdown until={status.nextAttemptAt} />
        ) : status?.lastSyncedAt !== undefined ? (
          <>last sent {clockTime(status.lastSyncedAt)}</>
        ) : null}
      </span>
      {status?.waitingFor === 'session' ? (
        <button type="button" className="summary-act" onClick={() => void leadbox.resume()}>
          I am signed in again
        </button>
      ) : null}
    </p>
  );
}
