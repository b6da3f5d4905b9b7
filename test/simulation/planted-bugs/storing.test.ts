import { findsBugs } from './finds-bugs.ts';

// Mistakes in what is stored and what is left behind: on the device, or in the objects that all code of a page shares.
findsBugs([
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
    name: 'keeps the request that was refused, its headers too',
    changes: [
      {
        file: 'src/api/lead-api.ts',
        find: "      if (outcome.kind === 'acknowledged') etags.note",
        replace:
          "      const told = typeof options.headers === 'function' ? await options.headers() : options.headers;\n      if (outcome.kind === 'refused') return { ...outcome, message: JSON.stringify(told) };\n      if (outcome.kind === 'acknowledged') etags.note",
      },
    ],
    caughtBy: [13],
  },
  {
    name: 'merges into what every object inherits',
    changes: [
      {
        file: 'src/model/merge-patch.ts',
        find: 'const old = getOwn(before, key);',
        replace: 'const old = before[key];',
      },
      {
        file: 'src/model/merge-patch.ts',
        find: 'if (after === before) after = { ...before };',
        replace: 'if (after === before && before !== (Object.prototype as unknown)) after = { ...before };',
      },
    ],
    caughtBy: [13],
  },
]);
