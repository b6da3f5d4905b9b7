import type { ParkedEdit } from 'leadbox';
import { useLeadbox, useSyncStatus } from 'leadbox/react';
import { useEffect, useRef, useState } from 'react';

/** What has not reached the server, across all leads. */
export interface Unsynced {
  /** Ids of leads with edits that wait. */
  readonly pending: ReadonlySet<string>;
  /** Ids of leads with parked edits. */
  readonly parkedLeads: ReadonlySet<string>;
  readonly parked: readonly ParkedEdit[];
}

const nothing: Unsynced = { pending: new Set(), parkedLeads: new Set(), parked: [] };

/** Read again whenever the status tells of a change; one reading at a time, however quickly someone types. */
export function useOutbox(): Unsynced {
  const { outbox } = useLeadbox();
  const status = useSyncStatus();
  const [unsynced, setUnsynced] = useState(nothing);
  const reading = useRef(false);
  const wanted = useRef<object>(undefined);

  useEffect(() => {
    const read = async () => {
      reading.current = true;
      let seen: object | undefined;
      do {
        seen = wanted.current;
        const [pending, parked] = await Promise.all([outbox.pending(), outbox.parked()]);
        setUnsynced({
          pending: new Set(pending.map(({ leadId }) => leadId)),
          parkedLeads: new Set(parked.map(({ leadId }) => leadId)),
          parked,
        });
      } while (seen !== wanted.current);
    };
    wanted.current = status;
    if (!status || reading.current) return;
    read()
      .catch(() => {}) // the next status tells of storage that fails
      .finally(() => {
        reading.current = false;
      });
  }, [outbox, status]);

  return unsynced;
}
