import { type Lead, leadAnswerSchema } from 'leadbox';
import { useEffect, useState } from 'react';
import { useConnection, useOnLine } from './use-connection.ts';

/** The server's lead, and when it was seen. */
export interface SeenLead {
  readonly lead: Lead;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const interval = 4_000; // milliseconds

/**
 * A lead as the server has it, asked for by plain HTTP and without the cache: now, when `version` changes, and every
 * few seconds while the page is seen and online. What was seen before of this and other leads stays.
 */
export function useServerLead(id: string, version: string | undefined): SeenLead | undefined {
  const connection = useConnection();
  const onLine = useOnLine();
  const [seen, setSeen] = useState<ReadonlyMap<string, SeenLead>>(new Map());

  // biome-ignore lint/correctness/useExhaustiveDependencies: another version at home is a reason to look again
  useEffect(() => {
    if (!onLine) return;
    const leaving = new AbortController();
    const look = async () => {
      if (document.visibilityState === 'hidden') return;
      const answer = await connection.fetch(`/api/v1/leads/${id}`, { signal: leaving.signal, cache: 'no-store' });
      const body: unknown = await answer.json();
      if (!leadAnswerSchema.safeParse(body).success) return;
      const { data: lead } = body as { data: Lead }; // as it was checked
      setSeen((before) => new Map(before).set(id, { lead, at: Date.now() }));
    };
    const quietly = () => void look().catch(() => {}); // shown by its age
    quietly();
    const timer = setInterval(quietly, interval);
    document.addEventListener('visibilitychange', quietly);
    return () => {
      leaving.abort();
      clearInterval(timer);
      document.removeEventListener('visibilitychange', quietly);
    };
  }, [connection, onLine, id, version]);

  return seen.get(id);
}
