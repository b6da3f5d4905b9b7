import { useEffect, useState } from 'react';

/** `value` as it was when it last stayed the same for a while, so that a screen reader is not told of every flicker. */
export function useSteady<T>(value: T, milliseconds: number): T {
  const [steady, setSteady] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSteady(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return steady;
}
