import { findsBugs } from './finds-bugs.ts';

// Mistakes that cost requests, or join what has to stay apart.
findsBugs([
  {
    name: 'folds what does not fold',
    changes: [
      {
        file: 'src/model/merge-patch.ts',
        find: '      if (!both) return undefined;\n      setOwn(folded, key, both);',
        replace: '      setOwn(folded, key, both || later);',
      },
    ],
    caughtBy: [14],
  },
  {
    name: 'never folds',
    changes: [
      { file: 'src/model/next-batch.ts', find: 'const isAlone = !coalesce ||', replace: 'const isAlone = coalesce ||' },
    ],
    caughtBy: [10],
  },
  {
    name: 'folds no more than two edits',
    changes: [
      {
        file: 'src/model/next-batch.ts',
        find: 'if (!folded) break;',
        replace: 'if (!folded || rows.length > 1) break;',
      },
    ],
    caughtBy: [10],
  },
  {
    name: 'folds nothing in a strict order',
    changes: [
      {
        file: 'src/replay/choose-batches.ts',
        find: 'before: other?.seq ?? (rows.at(-1)?.seq ?? 0) + 1',
        replace: 'before: ((other && head) ?? head)?.seq ?? 0',
      },
    ],
    caughtBy: [10],
  },
  {
    name: 'sends one by one what it compared',
    changes: [
      {
        file: 'src/replay/choose-batches.ts',
        find: 'before: Math.min(batchTerms.before, last + 1)',
        replace: 'before: mustLook ? 0 : Math.min(batchTerms.before, last + 1)',
      },
    ],
    caughtBy: [10],
  },
  {
    name: 'goes on one by one after a conflict',
    changes: [
      {
        file: 'src/model/next-batch.ts',
        find: 'const isAlone = !coalesce ||',
        replace: 'const isAlone = !coalesce || record.rounds ||',
      },
    ],
    caughtBy: [10],
  },
  {
    name: 'folds nothing while any earlier request may arrive',
    changes: [
      {
        file: 'src/model/next-batch.ts',
        find: 'row.seq < terms.before && !isFenced(row) &&',
        replace: 'row.seq < terms.before && !fences.length &&',
      },
    ],
    caughtBy: [10],
    mix: { fates: { answered: 6, hang: 2, 504: 1 } },
  },
  {
    name: 'sends a repair with what users want',
    changes: [
      {
        file: 'src/model/next-batch.ts',
        find: 'const isAlone = !coalesce || first.isRepair ||',
        replace: 'const isAlone = !coalesce ||',
      },
    ],
    caughtBy: [10],
  },
]);
