import { isLeadboxError, type LeadPatch } from 'leadbox';
import { useLeadbox } from 'leadbox/react';
import { useRef, useState } from 'react';
import type { ParkedChange } from './parked-changes.ts';
import { useSay } from './spoken.tsx';

export interface Decision {
  /** Why the last one could not be carried out. */
  readonly failure: string | undefined;
  readonly tryAgain: (amend?: (patch: LeadPatch) => void) => void;
  readonly discard: () => void;
}

/** What a person decides about a parked change; `what` names it. */
export function useDecision({ edit, earlier }: ParkedChange, what: string): Decision {
  const { outbox } = useLeadbox();
  const say = useSay();
  const [failure, setFailure] = useState<string>();
  const isDeciding = useRef(false);

  const decide = (run: () => Promise<string>) => {
    if (isDeciding.current) return;
    isDeciding.current = true;
    run()
      .then(
        (words) => {
          setFailure(undefined);
          say(words);
        },
        (error: Error) => setFailure(error.message),
      )
      .finally(() => {
        isDeciding.current = false;
      });
  };
  const drop = (seq: number) =>
    outbox.discard(seq).catch((error: unknown) => {
      if (!isLeadboxError(error, 'edit-not-found')) throw error; // decided in another tab
    });

  return {
    failure,
    tryAgain: (amend) =>
      decide(async () => {
        const { seq } = await outbox.retry(edit.seq, amend);
        // The last letter holds all that was typed; without it nothing would be left of the others.
        for (const step of earlier) await drop(step.seq);
        return seq > 0 ? `${what} is sent again.` : `Nothing to send: ${what} was changed again since.`;
      }),
    discard: () =>
      decide(async () => {
        for (const step of [...earlier, edit]) await drop(step.seq);
        return `Your edit of ${what} is discarded.`;
      }),
  };
}
