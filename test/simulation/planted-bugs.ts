import type { Invariant } from './ledger.ts';
import type { Mix } from './mix.ts';
import { bugsOfFolding } from './planted-bugs-of-folding.ts';
import { bugsOfLeaving } from './planted-bugs-of-leaving.ts';
import { moreBugs } from './planted-bugs-of-servers.ts';
import { bugsOfStoring } from './planted-bugs-of-storing.ts';
import { bugsOfWaiting } from './planted-bugs-of-waiting.ts';
import { bugsOfWatching } from './planted-bugs-of-watching.ts';

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
  /** What the lives are made of in which it can show; undefined: any. */
  readonly mix?: Partial<Mix>;
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'removes edits before they are sent',
    changes: [
      {
        file: 'src/replay/choose-batches.ts',
        find: 'records.set({ ...left, batch: choice });',
        replace:
          'records.set({ ...left, batch: choice, rows: left.rows.filter(({ seq }) => !choice.seqs.includes(seq)) });',
      },
    ],
    caughtBy: [1],
  },
  {
    name: 'stores the view and the outbox in two transactions',
    changes: [
      { file: 'src/storage/store-edits.ts', find: 'leads.bulkPut([...changed.values()]);', replace: '' },
      {
        file: 'src/storage/store-edits.ts',
        find: "return database.run('rw', (tables) => addEdits(tables, requests, etagOf), { onWritten });",
        replace:
          "return database.run('rw', (tables) => addEdits(tables, requests, etagOf), { onWritten }).then(async (outcomes) => {\n    await database.run('rw', ({ leads }) => leads.bulkPut([...later.values()]));\n    return outcomes;\n  });",
      },
      {
        file: 'src/storage/store-edits.ts',
        find: '        changed.set(leadId, lead);',
        replace: '        changed.set(leadId, lead);\n        later.set(leadId, lead);',
      },
      {
        file: 'src/storage/store-edits.ts',
        find: '/** The same inside a transaction; the rows have their seqs when it is complete. */',
        replace: 'const later = new Map<string, Lead>();',
      },
    ],
    caughtBy: [6],
  },
  {
    name: 'puts the answer in the place of the view',
    changes: [
      {
        file: 'src/storage/lead-records.ts',
        find: 'leads.bulkPut(moved.map(viewOf));',
        replace: 'leads.bulkPut(moved.map(({ base }) => base));',
      },
    ],
    caughtBy: [6],
  },
  {
    name: 'settles in two steps',
    changes: [
      {
        file: 'src/replay/turn.ts',
        find: "  return database.run('rw', turn, { onWritten });",
        replace:
          "  const seqs = request.answers.flatMap(({ batch, answer }) => (answer.kind === 'acknowledged' ? batch.seqs : []));\n  if (seqs.length) await database.run('rw', ({ outbox }) => outbox.bulkDelete([...seqs]));\n  return database.run('rw', turn, { onWritten });",
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
        find: '    return { ...settled, ...parkRows(',
        replace: '    if (answer.status === 503) return settled;\n    return { ...settled, ...parkRows(',
      },
    ],
    caughtBy: [1, 9],
  },
  {
    name: 'trusts an empty 200',
    changes: [
      {
        file: 'src/api/outcome.ts',
        find: '  if (lead) return',
        replace: "  if (lead || (status === 200 && text === '')) return",
      },
      {
        file: 'src/model/settle.ts',
        find: 'const { lead, etag } = answer;',
        replace: 'const { lead = applyToLead(base, patch), etag } = answer;',
      },
      {
        file: 'src/api/lead-api.ts',
        find: "if (outcome.kind === 'acknowledged') etags",
        replace: "if (outcome.kind === 'acknowledged' && outcome.lead) etags",
      },
    ],
    caughtBy: [1, 9],
  },
  {
    name: 'orders by the clock',
    changes: [
      {
        file: 'src/storage/lead-records.ts',
        find: "outbox.where('leadId', id).toArray()",
        replace:
          "outbox.where('leadId', id).toArray().then((rows) => rows.sort((a, b) => (a.madeAt < b.madeAt ? -1 : 1)))",
      },
    ],
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
  {
    name: 'sends what it was choosing when it was paused',
    changes: [
      {
        file: 'src/replay/drain.ts',
        find: '< host.concurrency && !host.isStopped() &&',
        replace: '< host.concurrency &&',
      },
    ],
    caughtBy: [11],
  },
  {
    name: 'sends an edit only when something else happens',
    changes: [
      {
        file: 'src/wiring.ts',
        find: 'replay.trigger();\n    tellTabs(leadIds);',
        replace: 'tellTabs(leadIds);',
      },
    ],
    caughtBy: [5],
  },
  {
    name: 'tells nobody that an edit was parked',
    changes: [
      {
        file: 'src/wiring.ts',
        find: 'tellParked(parked, shown);\n      const replaced',
        replace: 'void shown.then(() => parked.forEach(settlements.parked));\n      const replaced',
      },
    ],
    caughtBy: [8],
  },
  {
    name: 'sends no idempotency key',
    changes: [
      {
        file: 'src/api/lead-api.ts',
        find: 'if (options.idempotencyHeader) headers',
        replace: 'if (options.idempotencyHeader && !id) headers',
      },
    ],
    caughtBy: [9],
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
    name: 'sends each batch twice',
    changes: [
      {
        file: 'src/replay/replay.ts',
        find: 'send: (batch) => host.send(batch, lost as AbortSignal),',
        replace:
          'send: (batch) => host.send(batch, lost as AbortSignal).then(() => host.send(batch, lost as AbortSignal)),',
      },
    ],
    caughtBy: [10],
  },
  {
    name: 'wakes itself up for no attempt',
    changes: [
      {
        file: 'src/replay/replay.ts',
        find: 'timer = clock.setTimeout(due, Math.max(0, wait));',
        replace: 'timer = due && undefined;',
      },
    ],
    caughtBy: [5],
  },
  ...moreBugs,
  ...bugsOfLeaving,
  ...bugsOfWaiting,
  ...bugsOfWatching,
  ...bugsOfFolding,
  ...bugsOfStoring,
];
