import type { ParkedEdit } from 'leadbox';
import { useLeadbox } from 'leadbox/react';
import { useEffect, useState } from 'react';

/** What has not reached the server, across all leads. */
export interface Unsynced {
  /** Ids of leads with edits that wait. */
  readonly pending: ReadonlySet<string>;
  /** Ids of leads with edits in a request whose outcome is not known yet. */
  readonly sent: ReadonlySet<string>;
  /** Ids of leads with parked edits. */
  readonly parkedLeads: ReadonlySet<string>;
  readonly parked: readonly ParkedEdit[];
}

const nothing: Unsynced = { pending: new Set(), sent: new Set(), parkedLeads: new Set(), parked: [] };

/** The outbox as it is now, in all tabs. */
export function useOutbox(): Unsynced {
  const { outbox } = useLeadbox();
  const [unsynced, setUnsynced] = useState(nothing);

  useEffect(() => {
    const subscription = outbox.observe().subscribe({
      next: ({ pending, parked }) =>
        setUnsynced({
          pending: new Set(pending.map(({ leadId }) => leadId)),
          sent: new Set(pending.flatMap(({ leadId, sent }) => (sent ? leadId : []))),
          parkedLeads: new Set(parked.map(({ leadId }) => leadId)),
          parked,
        }),
      error() {}, // the status tells of storage that fails
    });
    return () => subscription.unsubscribe();
  }, [outbox]);

  return unsynced;
}
