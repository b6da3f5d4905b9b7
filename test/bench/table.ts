import type { Durability } from './contenders/contender.ts';
import { median, quantile, ratios, shown, spread } from './figures.ts';
import type { Result } from './measure.ts';
import type { Row } from './rows/row.ts';

/** What there is to say of contenders that do less than a row is about. */
export interface Remarks {
  /** Who has a line, also without figures. */
  readonly of: readonly string[];
  says(contender: string, durability: Durability): string;
}

/** The results of a row as lines of a Markdown table. */
export function table(row: Row, results: readonly Result[], remarks?: Remarks): string {
  const lines = results.flatMap(({ durability, size, measured }) => {
    const raw = measured.get('raw');
    const { leads, pending, editedLeads } = size;
    const first = results.find((other) => other.durability === durability);
    const before = pending ? `${leads} leads, ${pending} edits of ${editedLeads}` : `${leads} leads`;
    return [...new Set([...measured.keys(), ...(remarks?.of ?? [])])].map((contender) => {
      const own = measured.get(contender);
      const small = first?.size === size ? undefined : first?.measured.get(contender);
      const figures = own && [
        shown(spread(own.rounds.map(median))),
        quantile(own.rounds.flat(), 0.99).toFixed(2),
        raw && raw !== own ? shown(ratios(own, raw)) : '',
        small ? shown(ratios(own, small)) : '',
        own.longestTask ? `${own.longestTask.toFixed(0)}` : '< 50',
      ];
      const said = remarks ? [remarks.says(contender, durability)] : [];
      return cells([contender, durability, before, ...(figures ?? Array(5).fill('–')), ...said]);
    });
  });
  const figures = ['ms, p50', 'p99', '× raw', '× first size', 'longest task, ms'];
  const head = ['', 'durability', 'before', ...figures, ...(remarks ? ['what it does less or otherwise'] : [])];
  return [`\n${row.name}`, cells(head), cells(head.map(() => '---')), ...lines].join('\n');
}

function cells(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |`;
}
