import type { Life } from './simulate.ts';

/** What to say of a life that went wrong: the seed, what was broken, how to live it again, and how it ended. */
export function failure({ seed, broken, trace, mix }: Life): string | undefined {
  if (!broken) return undefined;
  const told = trace.filter((entry) => entry.includes(' '));
  return [
    `Seed ${seed} breaks invariant ${broken.invariant}: ${broken.message}`,
    `Again: SEED=${seed} npx vitest run --config test/vitest.config.ts --project simulation`,
    `Options: ${JSON.stringify(mix.options)}, ${mix.tabs} tabs, ${mix.leads} leads, world ${JSON.stringify(mix.world)}`,
    ...['It ended with', ...told.slice(-40)],
  ].join('\n');
}
