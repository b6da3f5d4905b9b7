import { promisifyRequest } from 'idb-keyval';

/**
 * Makes Chromium keep what is written from now on in a new log file, and clear away what was deleted. Where it fails,
 * things are as they were.
 *
 * After a crash, LevelDB goes on behind the last record of its log, even if the crash tore that record: its header was
 * written, what belongs to it was not. From then on the log is unreadable at that place, and at the next start Chromium
 * answers that by deleting all databases of the origin. Deleting a database makes it compact them all, which begins a
 * new log; to other browsers it is next to nothing.
 *
 * https://github.com/google/leveldb/blob/main/doc/log_format.md
 */
export async function beginNewLog(indexedDB: IDBFactory, name: string): Promise<void> {
  // One name for all tabs: what a crash right here leaves is removed at the next start.
  const scratch = `leadbox-log:${name}`;
  try {
    (await promisifyRequest(indexedDB.open(scratch))).close();
    await promisifyRequest(indexedDB.deleteDatabase(scratch));
  } catch {
    // The browser forbids IndexedDB, or the device is full: the library's own database tells.
  }
}
