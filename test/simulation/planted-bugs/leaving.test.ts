import { findsBugs } from './finds-bugs.ts';

// Mistakes that only show when users leave and others come.
findsBugs([
  {
    name: 'goes on sending after signing out',
    changes: [
      {
        file: 'src/replay/replay.ts',
        find: 'if (isSignedOut !== undefined && !(await host.mayStay(isSignedOut))) return report({ paused: true });',
        replace: '',
      },
      { file: 'src/wiring.ts', find: 'if (ended) leave(ended.isWiped);\n    else if', replace: 'if' },
    ],
    caughtBy: [11],
  },
  {
    name: 'wipes long after it looked for unsynced edits',
    changes: [
      {
        file: 'src/storage/empty-tables.ts',
        find: 'export function emptyTables(database: Database, isForced: boolean): Promise<void> {',
        replace:
          "export async function emptyTables(database: Database, isForced: boolean): Promise<void> {\n  const isFine = isForced || (await database.run('r', async ({ outbox, parked }) => !(await outbox.count()) && !(await parked.count())));\n  for (let times = 0; times < 10; times++) await database.run('r', ({ leads }) => leads.count());",
      },
      {
        file: 'src/storage/empty-tables.ts',
        find: 'if (!isForced) refuseUnsynced',
        replace: 'if (!isFine) refuseUnsynced',
      },
    ],
    caughtBy: [1],
  },
  {
    name: 'leaves leads on the device after signing out',
    changes: [
      {
        file: 'src/storage/empty-tables.ts',
        find: 'await Promise.all(Object.values(tables).map((table) => table.clear()));',
        replace: 'await Promise.all([tables.outbox.clear(), tables.parked.clear(), tables.bases.clear()]);',
      },
      {
        file: 'src/storage/empty-tables.ts',
        find: 'const request = indexedDB?.deleteDatabase(database);',
        replace: 'const request = database === name ? undefined : indexedDB?.deleteDatabase(database);',
      },
    ],
    caughtBy: [1, 13],
  },
  {
    name: 'remembers waits and who left for all names together',
    changes: [
      {
        file: 'src/storage/replay-memory.ts',
        find: 'export function replayMemoryName(name: string): string {',
        replace: "export function replayMemoryName(name: string): string {\n  if (name) return 'leadbox-replay:all';",
      },
    ],
    caughtBy: [5, 11],
  },
  {
    name: 'forgets a lead with pending edits',
    changes: [
      {
        file: 'src/storage/empty-tables.ts',
        find: 'refuseUnsynced(pending, refused);',
        replace: 'if (pending < 0) refuseUnsynced(pending, refused);',
      },
    ],
    caughtBy: [6],
  },
]);
