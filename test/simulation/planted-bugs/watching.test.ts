import { findsBugs } from './finds-bugs.ts';

// Mistakes in what observers are shown, and in what is left when nobody watches any more.
findsBugs([
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
    name: 'takes an edit off the view at its commit, not once it was read back',
    changes: [
      {
        file: 'src/observe/layers.ts',
        find: 'for (const entry of layers) if (stored.includes(entry.layer)) entry.commit = commits;',
        replace: 'layers = layers.filter(({ layer }) => !stored.includes(layer));',
      },
    ],
    caughtBy: [7],
  },
  {
    name: 'tells observers the first status only',
    changes: [
      {
        file: 'src/observe/status-observers.ts',
        find: 'if (lastError !== newError || !jsonEqual(rest, newRest)) source.next(status);',
        replace: 'if (!source.latest || lastError !== newError) source.next(status);',
      },
    ],
    caughtBy: [3],
  },
  {
    name: 'goes on listening after it was closed',
    changes: [{ file: 'src/observe/other-tabs.ts', find: '      channel?.close();\n', replace: '' }],
    caughtBy: [12],
  },
  {
    name: 'lets go of what failed without a word',
    changes: [{ file: 'src/storage/table.ts', find: '  promise.catch(() => {});\n', replace: '' }],
    caughtBy: [12],
  },
  {
    name: 'leaves a lead out of the lists that are observed',
    changes: [
      {
        file: 'src/observe/live-query.ts',
        find: 'const next = ids.map((id): [string, Lead] => {',
        replace: 'const next = ids.slice(1).map((id): [string, Lead] => {',
      },
    ],
    caughtBy: [3],
  },
  {
    name: 'leaves connections open that failed',
    changes: [
      {
        file: 'src/storage/connection.ts',
        find: 'onLetGo();\n          used.then((database) => database.close())',
        replace: 'onLetGo();\n          used.then(() => {})',
      },
    ],
    caughtBy: [12],
  },
]);
