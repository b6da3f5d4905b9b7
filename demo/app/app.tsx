import { useEffect, useRef, useState } from 'react';
import { Announcer } from './announcer.tsx';
import { LeadScreen } from './lead-screen.tsx';
import { ListPane } from './list-pane.tsx';
import { SidePane } from './side-pane.tsx';
import { Spoken } from './spoken.tsx';
import { TopBar } from './top-bar.tsx';
import { useOutbox } from './use-outbox.ts';
import { useOpenLead } from './use-route.ts';
import { Welcome } from './welcome.tsx';

/** The list, and beside it, or on a phone after it, the open lead. */
export function App() {
  const openId = useOpenLead();
  const unsynced = useOutbox();
  const previous = useRef(openId);
  const [leftId, setLeftId] = useState<string>();

  // Focus follows the reader from the list into a lead and back; opening the page moves none.
  useEffect(() => {
    if (previous.current === openId) return;
    if (openId === undefined) setLeftId(previous.current);
    else {
      setLeftId(undefined);
      document.getElementById('lead-title')?.focus();
    }
    previous.current = openId;
  }, [openId]);

  return (
    <Spoken>
      <div className="app" data-screen={openId === undefined ? 'list' : 'lead'}>
        <TopBar />
        <main className="panes">
          <ListPane openId={openId} leftId={leftId} unsynced={unsynced} />
          {openId === undefined ? (
            <Welcome />
          ) : (
            <>
              <LeadScreen key={openId} id={openId} unsynced={unsynced} />
              <SidePane id={openId} />
            </>
          )}
        </main>
        <Announcer />
      </div>
    </Spoken>
  );
}
