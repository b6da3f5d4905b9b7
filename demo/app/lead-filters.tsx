import { statuses } from './lead-fields.ts';

export interface LeadFiltersProps {
  readonly text: string;
  readonly status: string;
  /** How many leads are found. */
  readonly count: string;
  readonly onText: (text: string) => void;
  readonly onStatus: (status: string) => void;
}

export function LeadFilters({ text, status, count, onText, onStatus }: LeadFiltersProps) {
  return (
    <search className="filters">
      <label className="unseen" htmlFor="search">
        Search by name, company or email
      </label>
      <input
        id="search"
        type="search"
        placeholder="Name, company or email"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => onText(event.target.value)}
      />
      <p className="filters-line">
        <span className="count">{count}</span>
        <label htmlFor="status-filter">Status</label>
        <select id="status-filter" value={status} onChange={(event) => onStatus(event.target.value)}>
          <option value="">all</option>
          {statuses.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      </p>
    </search>
  );
}
