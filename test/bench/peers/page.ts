import { contenders } from '../contenders/contenders.ts';
import { serveBench } from '../page/bench-page.ts';
import { rows } from './rows.ts';

serveBench(
  {
    ...contenders,
    rxdb: async () => (await import('./contenders/rxdb.ts')).rxdb,
    tanstack: async () => (await import('./contenders/tanstack.ts')).tanstack,
  },
  rows,
);
