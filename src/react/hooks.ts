import { useMemo, useRef, useSyncExternalStore } from 'react';
import type { LeadState } from '../model/edit.ts';
import type { Lead, OpenSections, SectionSchemas } from '../model/lead.ts';
import type { SyncStatus } from '../model/status.ts';
import type { Observable } from '../observe/observable.ts';
import type { LeadQuery } from '../storage/read-leads.ts';
import { useLeadbox } from './provider.ts';

/**
 * A lead, and every change to it in any tab. undefined while it is being read, null if it is not cached. An edit shows
 * in the same event, so that a controlled input keeps its caret. Errors of the storage reach the nearest error boundary.
 */
export function useLead<S extends SectionSchemas = OpenSections>(id: string): LeadState<S> | undefined | null {
  const leadbox = useLeadbox<S>();
  const observed = useObservable(useMemo(() => leadbox.observe(id), [leadbox, id]));
  return observed && (observed.value ?? null);
}

/**
 * The leads that a query chooses, and every change to them; undefined while they are being read. The query is asked
 * anew when one of `dependencies` changes: name what it closes over. Until the new result is there the old one stays.
 */
export function useLeads<S extends SectionSchemas = OpenSections>(
  query?: LeadQuery<S>,
  dependencies: readonly unknown[] = [],
): readonly Lead<S>[] | undefined {
  const leadbox = useLeadbox<S>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the query is a new function at each render; the caller names what it depends on
  const observed = useObservable(useMemo(() => leadbox.observeAll(query), [leadbox, ...dependencies]));
  // Of another leadbox it would be what another user may see.
  const last = useRef<{ readonly leadbox: unknown; readonly leads: readonly Lead<S>[] }>(undefined);
  if (observed) last.current = { leadbox, leads: observed.value };
  return last.current?.leadbox === leadbox ? last.current.leads : undefined;
}

/** What synchronisation is doing; undefined while it is being read, and on a server. */
export function useSyncStatus(): SyncStatus | undefined {
  const leadbox = useLeadbox();
  return useObservable(useMemo(() => leadbox.observeStatus(), [leadbox]))?.value;
}

interface Observed<T> {
  readonly value: T;
}

/** The latest value of an observable, boxed, so that "no value yet" is not "the value undefined". */
function useObservable<T>(observable: Observable<T>): Observed<T> | undefined {
  const store = useMemo(() => createStore(observable), [observable]);
  const observed = useSyncExternalStore(store.subscribe, store.read, nothingOnServer);
  if (observed && 'error' in observed) throw observed.error;
  return observed;
}

function createStore<T>(observable: Observable<T>) {
  let latest: Observed<T> | { readonly error: unknown } | undefined;
  return {
    read: () => latest,
    subscribe(changed: () => void) {
      const take = (observed: typeof latest) => {
        latest = observed;
        changed();
      };
      const subscription = observable.subscribe({
        next: (value) => take({ value }),
        error: (error) => take({ error }),
      });
      return () => subscription.unsubscribe();
    },
  };
}

function nothingOnServer(): undefined {
  return undefined;
}
