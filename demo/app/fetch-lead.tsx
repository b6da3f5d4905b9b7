import { useLeadbox } from 'leadbox/react';
import { useEffect, useState } from 'react';
import { useOnLine } from './use-connection.ts';

/** For an address of a lead that is not on this device. */
export function FetchLead({ id }: { readonly id: string }) {
  const leadbox = useLeadbox();
  const onLine = useOnLine();
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    if (onLine) leadbox.refresh(id).catch((error: Error) => setFailure(error.message));
  }, [leadbox, onLine, id]);
  return <p className="nothing">{failure ?? (onLine ? 'Fetching this lead…' : 'This lead is not on this device.')}</p>;
}
