/**
 * Makes Chromium keep what is written from now on in a new log file.
 *
 * After a crash, LevelDB goes on behind the last record of its log, even if the crash tore that record: its header was
 * written, what belongs to it was not. From then on the log is unreadable at that place, and Chromium answers that at
 * the next start by deleting all databases of the origin, every edit since the crash and before it. Deleting a database
 * makes it compact them, which begins a new log; to other browsers it is next to nothing. Never rejects: where it
 * fails, things are as they were.
 *
 * https://github.com/google/leveldb/blob/main/doc/log_format.md
 */
export function beginNewLog(indexedDB: IDBFactory, name: string): Promise<void> {
  // One name for all tabs, so that a crash right here leaves nothing that the next start does not remove.
  const scratch = `leadbox-log:${name}`;
  return new Promise((resolve) => {
    try {
      const opening = indexedDB.open(scratch);
      opening.onerror = () => resolve();
      opening.onsuccess = () => {
        opening.result.close();
        const deleting = indexedDB.deleteDatabase(scratch);
        deleting.onsuccess = () => resolve();
        deleting.onerror = () => resolve();
      };
    } catch {
      resolve(); // the browser forbids IndexedDB: the library's own database tells
    }
  });
}
