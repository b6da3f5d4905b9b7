import { isLeadboxError } from 'leadbox';
import { useLeadbox } from 'leadbox/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useOnLine } from './use-connection.ts';

/** How the cache is being filled. */
export interface Fill {
  /** Whether there is anything to show; undefined while looking. */
  readonly hasLeads: boolean | undefined;
  /** While leads are on their way. */
  readonly progress: { readonly loaded: number; readonly total: number } | undefined;
  /** Why the last attempt ended early. */
  readonly failure: string | undefined;
  readonly again: () => void;
}

const freshFor = 60_000; // milliseconds

/** Fetches all leads when the page opens online, and when the connection comes back after a while. */
export function useFill(): Fill {
  const leadbox = useLeadbox();
  const onLine = useOnLine();
  const [hasLeads, setHasLeads] = useState<boolean>();
  const [progress, setProgress] = useState<Fill['progress']>();
  const [failure, setFailure] = useState<string>();
  const [attempt, setAttempt] = useState(0);
  const filledAt = useRef(Number.NEGATIVE_INFINITY);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is a reason to begin again
  useEffect(() => {
    const leaving = new AbortController();
    const fill = async () => {
      const some = await leadbox.find((leads) => leads.limit(1));
      setHasLeads(some.length > 0);
      setFailure(undefined);
      if (!onLine || Date.now() - filledAt.current < freshFor) return;
      setProgress({ loaded: 0, total: 0 });
      await leadbox.pull({
        signal: leaving.signal,
        onProgress(now) {
          if (now.loaded > 0) setHasLeads(true);
          setProgress(now);
        },
      });
      filledAt.current = Date.now();
    };
    fill()
      .catch((error: unknown) => {
        if (!isLeadboxError(error, 'aborted')) setFailure(error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        if (!leaving.signal.aborted) setProgress(undefined);
      });
    return () => leaving.abort();
  }, [leadbox, onLine, attempt]);

  return { hasLeads, progress, failure, again: useCallback(() => setAttempt((count) => count + 1), []) };
}
