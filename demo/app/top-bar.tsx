import { ConnectionSwitch } from './connection-switch.tsx';
import { SyncSummary } from './sync-summary.tsx';
import { useOnLine } from './use-connection.ts';

export function TopBar() {
  const onLine = useOnLine();
  return (
    <header className="top-bar" data-online={onLine}>
      <h1 className="brand">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M3 12v8h18v-8M3 12h5l2 3h4l2-3h5" />
          <circle cx="12" cy="5" r="2.6" />
        </svg>
        Leadbox <span>demo</span>
      </h1>
      <SyncSummary />
      <ConnectionSwitch />
    </header>
  );
}
