import { useOnLine } from './use-connection.ts';
import type { Fill } from './use-fill.ts';

/** How filling the cache goes, as far as a reader needs to know. */
export function FillNotice({ fill }: { readonly fill: Fill }) {
  const onLine = useOnLine();
  const { hasLeads, progress, failure, again } = fill;
  if (progress) {
    const { loaded, total } = progress;
    return (
      <div className="fill" data-quiet={hasLeads}>
        <label htmlFor="fill-progress">
          {total === 0
            ? 'Asking for leads…'
            : `Loading ${loaded.toLocaleString('en')} of ${total.toLocaleString('en')}`}
        </label>
        <progress id="fill-progress" max={total || 1} value={total === 0 ? undefined : loaded} />
      </div>
    );
  }
  if (failure !== undefined && onLine) {
    return (
      <div className="fill">
        <p>Not all leads could be loaded. {failure}</p>
        <button type="button" onClick={again}>
          Load again
        </button>
      </div>
    );
  }
  if (hasLeads === false) {
    return (
      <div className="fill">
        <p>There are no leads on this device yet. They load once there is a connection.</p>
      </div>
    );
  }
  return null;
}
