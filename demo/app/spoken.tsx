import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';

const SayContext = createContext<(words: string) => void>(() => {});

/** Tells a screen reader what a press of a button did. */
export function useSay(): (words: string) => void {
  return useContext(SayContext);
}

export function Spoken({ children }: { readonly children: ReactNode }) {
  const [words, setWords] = useState('');
  // The same words again are heard again only if the text changes.
  const say = useCallback((next: string) => setWords((before) => (before === next ? `${next}\u00a0` : next)), []);
  return (
    <SayContext value={say}>
      <p className="unseen" role="status">
        {words}
      </p>
      {children}
    </SayContext>
  );
}
