import { useConnection, useIsCut, useOnLine } from './use-connection.ts';

/** Cuts the page off, as a basement would. */
export function ConnectionSwitch() {
  const connection = useConnection();
  const isCut = useIsCut();
  const onLine = useOnLine();
  return (
    <button
      type="button"
      role="switch"
      aria-checked={!isCut}
      aria-label="Connection"
      className="switch"
      onClick={() => connection.cut(!isCut)}
    >
      <span className="switch-word">{isCut ? 'Offline' : onLine ? 'Online' : 'No network'}</span>
      <span className="switch-track" aria-hidden="true" />
    </button>
  );
}
