// How much of the ring is filled: the further a lead has come, the fuller.
const shares: Readonly<Record<string, number>> = { new: 0, contacted: 1 / 3, qualified: 2 / 3, won: 1 };
const around = 2 * Math.PI * 3.5;

/** A status, as a word and as a ring that fills up. */
export function StatusMark({ status }: { readonly status: string }) {
  if (status === '') return null;
  return (
    <span className="status-mark" data-status={status}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <circle className="status-ring" cx="8" cy="8" r="7" />
        {status === 'lost' ? (
          <path d="M5 5l6 6M11 5l-6 6" />
        ) : (
          <circle
            className="status-share"
            cx="8"
            cy="8"
            r="3.5"
            strokeDasharray={`${(shares[status] ?? 0) * around} ${around}`}
          />
        )}
      </svg>
      {status}
    </span>
  );
}
