import { median, quantile, ratios, shown, spread } from './figures.ts';
import type { Result } from './measure.ts';
import { rows } from './rows/rows.ts';

/** The results of a row as lines of a Markdown table. */
export function table(name: string, results: readonly Result[]): string {
  const lines = results.flatMap(({ durability, size, measured }) => {
    const raw = measured.get('raw');
    const { leads, pending, editedLeads } = size;
    const first = results.find((other) => other.durability === durability);
    return [...measured].map(([contender, own]) => {
      const small = first?.size === size ? undefined : first?.measured.get(contender);
      return cells([
        contender,
        durability,
        pending ? `${leads} leads, ${pending} edits of ${editedLeads}` : `${leads} leads`,
        shown(spread(own.rounds.map(median))),
        quantile(own.rounds.flat(), 0.99).toFixed(2),
        raw && raw !== own ? shown(ratios(own, raw)) : '',
        small ? shown(ratios(own, small)) : '',
        own.longestTask ? `${own.longestTask.toFixed(0)}` : '< 50',
      ]);
    });
  });
  const head = ['', 'durability', 'before', 'ms, p50', 'p99', '× raw', '× first size', 'longest task, ms'];
  return [`\n${rows[name]?.name}`, cells(head), cells(head.map(() => '---')), ...lines].join('\n');
}

function cells(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |`;
}
