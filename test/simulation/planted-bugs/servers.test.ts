import type { Mix } from '../mix.ts';
import { plainWorld } from '../world.ts';
import { findsBugs } from './finds-bugs.ts';

const contested: Partial<Mix> = {
  world: { ...plainWorld, isContested: true, policy: 'theirs' },
  options: { checkBeforeSend: true },
  actions: { set: 6, nest: 3, wait: 6, 'their-edit': 4, weather: 1, sync: 1 },
};

// Mistakes that only show where a server limits, refuses, replaces or is written to by others.
findsBugs([
  {
    name: 'ignores Retry-After',
    changes: [
      {
        file: 'src/api/server-wait.ts',
        find: "const text = headers.get('Retry-After') ?? '';",
        replace: "const text = '';",
      },
    ],
    caughtBy: [11],
  },
  {
    name: 'forgets that the session is missing',
    changes: [
      {
        file: 'src/model/replay-state.ts',
        find: 'return { ...state, isUnauthorized: true };',
        replace: 'return state;',
      },
    ],
    caughtBy: [11],
  },
  {
    name: 'waits at no fence',
    changes: [
      {
        file: 'src/replay/take-in.ts',
        find: "if (result.fence && (isFenced || answer.kind === 'refused'))",
        replace: 'if (result.fence && !isFenced)',
      },
    ],
    caughtBy: [2],
  },
  {
    name: 'parks on 401',
    changes: [
      {
        file: 'src/api/outcome.ts',
        find: "if (status === 401) return { kind: 'unauthorized', error, wait };",
        replace: '',
      },
    ],
    caughtBy: [8, 9],
  },
  {
    name: 'parks all edits of a refused batch',
    changes: [
      {
        file: 'src/model/settle.ts',
        find: "reason === 'rejected' && own.length > 1;",
        replace: '!own.length;',
      },
    ],
    caughtBy: [8],
  },
  {
    name: 'puts nothing back that a server removed',
    changes: [
      {
        file: 'src/replay/conclude.ts',
        find: 'const record = isWhole ? result.record : await repair(records, result.record, patch, terms.now);',
        replace: 'const record = patch && result.record;',
      },
    ],
    caughtBy: [2],
  },
  {
    name: 'puts back what a server removed in another transaction',
    changes: [
      {
        file: 'src/replay/conclude.ts',
        find: 'const record = isWhole ? result.record : await repair(records, result.record, patch, terms.now);',
        replace:
          'const { record } = result;\n  if (!isWhole) sections.later = [...(sections.later ?? []), { leadId: record.id, lost: patch }];',
      },
      {
        file: 'src/replay/turn.ts',
        find: "import { takeIn } from './take-in.ts';",
        replace: "import { takeIn } from './take-in.ts';\nimport { addEdits } from '../storage/store-edits.ts';",
      },
      {
        file: 'src/replay/turn.ts',
        find: "return database.run('rw', turn, { onWritten });",
        replace:
          "return database.run('rw', turn, { onWritten }).then(async (turn) => {\n    const { later = [] } = request.sections;\n    request.sections.later = [];\n    const madeAt = new Date(request.now()).toISOString();\n    for (const { leadId, lost } of later)\n      await database.run('rw', (tables) => addEdits(tables, [{ leadId, madeAt, patchOn: () => lost }]));\n    return turn;\n  });",
      },
    ],
    caughtBy: [2, 15],
  },
  {
    name: 'puts back whole members of sections only',
    changes: [
      {
        file: 'src/model/sections.ts',
        find: 'return isJsonObject(value) && isJsonObject(change) ? unnamedMembers(value, change, here) : [];',
        replace: 'return [];',
      },
    ],
    caughtBy: [2, 15],
    mix: { world: { ...plainWorld, isReplacing: true } },
  },
  {
    name: 'puts back what a server removed on top of pending edits',
    changes: [
      {
        file: 'src/replay/conclude.ts',
        find: 'await records.insert(edit, next)',
        replace: 'await records.insert(edit, next && undefined)',
      },
    ],
    caughtBy: [2, 3, 7, 14, 15],
  },
  {
    name: 'sends merge patches to a server that replaces',
    changes: [
      {
        file: 'src/replay/learned-sections.ts',
        find: "isWhole: () => isReplacing && sections !== 'merge',",
        replace: 'isWhole: () => false,',
      },
    ],
    caughtBy: [2, 15],
  },
  {
    name: 'takes its own past for a conflict',
    changes: [
      {
        file: 'src/model/replaced.ts',
        find: 'return gone.replaced.reduce((later, entry) => withReplaced(later, entry, isLater), rows);',
        replace: 'return rows;',
      },
    ],
    caughtBy: [15],
  },
  {
    name: 'sends what a decision gave up',
    changes: [
      {
        file: 'src/model/conflict.ts',
        find: "isRepair ? 'theirs' : decisionOf(conflict, decide);",
        replace: "isRepair ? 'theirs' : decisionOf(conflict, decide) && 'mine';",
      },
    ],
    caughtBy: [15],
    mix: contested,
  },
  {
    name: 'takes back what was changed since',
    changes: [
      {
        file: 'src/edit/undo.ts',
        find: 'equalAt(path, lead, patch)',
        replace: 'path.length > 0',
      },
    ],
    caughtBy: [15],
  },
  {
    name: 'leaves a discarded edit in the view',
    changes: [
      {
        file: 'src/storage/parked-edits.ts',
        find: 'records.set({ ...record, rows: isReadableRow(row) ? withoutEarlier(left, row) : left });',
        replace: 'if (left) await tables.outbox.delete(seq);',
      },
    ],
    caughtBy: [6],
  },
  {
    name: 'takes a 412 for success',
    changes: [
      {
        file: 'src/model/settle.ts',
        find: '    const mustLook =',
        replace: '    if (answer.status === 412) return { ...settled, acknowledged: own };\n    const mustLook =',
      },
    ],
    caughtBy: [1, 15],
    mix: { world: { ...plainWorld, hasEtags: true } },
  },
  {
    name: 'loses edits that are to go over what others wrote',
    changes: [
      {
        file: 'src/model/conflict.ts',
        find: "if (decision === 'mine' || !involved.includes(row)) return row;",
        replace: 'if (!involved.includes(row)) return row;',
      },
    ],
    caughtBy: [1],
  },
]);
