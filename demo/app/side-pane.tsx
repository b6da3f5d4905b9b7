import { useLead } from 'leadbox/react';
import { ServerCopy } from './server-copy.tsx';
import { TryIt } from './try-it.tsx';

/** Beside the open lead: the server's side of it. */
export function SidePane({ id }: { readonly id: string }) {
  const state = useLead(id);
  return (
    <aside className="side-pane" aria-label="The server’s side">
      {state ? <ServerCopy state={state} /> : null}
      <TryIt id={id} />
    </aside>
  );
}
