import type { Invariant } from './ledger.ts';

/** A change of one source file. What is looked for stands there exactly once. */
export interface SourceChange {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A mistake that the simulation must find, or it is worth nothing. */
export interface PlantedBug {
  readonly name: string;
  readonly changes: readonly SourceChange[];
  /** The invariants that may give it away. */
  readonly caughtBy: readonly Invariant[];
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'removes edits before they are sent',
    changes: [
      {
        file: 'src/replay/turn.ts',
        find: 'records.set({ ...record, batch: choice });',
        replace:
          'records.set({ ...record, batch: choice, rows: record.rows.filter(({ seq }) => !choice.seqs.includes(seq)) });',
      },
    ],
    caughtBy: [1],
  },
  {
    name: 'stores the view and the outbox in two transactions',
    changes: [
      { file: 'src/storage/store-edits.ts', find: 'leads.bulkPut([...changed.values()]),', replace: '' },
      {
        file: 'src/storage/store-edits.ts',
        find: 'return outcomes;\n  });',
        replace:
          'return { outcomes, changed };\n  }).then(async ({ outcomes, changed }) => {\n    await database.run("rw", ({ leads }) => leads.bulkPut([...changed.values()]));\n    return outcomes;\n  });',
      },
    ],
    caughtBy: [6],
  },
  {
    name: 'puts the answer in the place of the view',
    changes: [
      {
        file: 'src/storage/lead-records.ts',
        find: 'leads.bulkPut(moved.map(viewOf)),',
        replace: 'leads.bulkPut(moved.map(({ base }) => base)),',
      },
    ],
    caughtBy: [6],
  },
  {
    name: 'settles in two steps',
    changes: [
      {
        file: 'src/replay/turn.ts',
        find: "  return database.run('rw', async (tables) => {",
        replace:
          "  const seqs = plan.answers.flatMap(({ batch, answer }) => (answer.kind === 'acknowledged' ? batch.seqs : []));\n  if (seqs.length) await database.run('rw', ({ outbox }) => outbox.bulkDelete([...seqs]));\n  return database.run('rw', async (tables) => {",
      },
      { file: 'src/replay/turn.ts', find: 'export function takeTurn', replace: 'export async function takeTurn' },
    ],
    caughtBy: [6],
  },
  {
    name: 'sends without the lock',
    changes: [
      {
        file: 'src/replay/sole-sender.ts',
        find: 'await (locks ? locks',
        replace: 'await (!locks ? (locks as never as LockManager)',
      },
    ],
    caughtBy: [4],
  },
  {
    name: 'drops an edit on 503',
    changes: [
      {
        file: 'src/api/outcome.ts',
        find: 'status < 400 || status >= 500 ||',
        replace: 'status < 400 || (status >= 500 && status !== 503) ||',
      },
      {
        file: 'src/model/settle.ts',
        find: 'parked: refused.map(',
        replace: 'parked: (status === 503 ? [] : refused).map(',
      },
    ],
    caughtBy: [1, 9],
  },
  {
    name: 'trusts an empty 200',
    changes: [
      {
        file: 'src/api/outcome.ts',
        find: "  if (lead) return { kind: 'acknowledged', lead };",
        replace: "  if (lead || (status === 200 && text === '')) return { kind: 'acknowledged', lead };",
      },
      {
        file: 'src/model/settle.ts',
        find: '  const { lead } = answer;',
        replace: '  const { lead = applyToLead(base, patch) } = answer;',
      },
    ],
    caughtBy: [1],
  },
  {
    name: 'orders by the clock',
    changes: [{ file: 'src/storage/lead-records.ts', find: ".sortBy('seq')", replace: ".sortBy('madeAt')" }],
    caughtBy: [2, 6],
  },
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
];
