import { Dexie } from 'dexie';
import { LeadboxError } from '../model/leadbox-error.ts';

interface Named {
  readonly name?: string;
}

/** What a failed transaction means to an app; errors that are not the database's pass through. */
export function storageError(cause: unknown): unknown {
  // A browser that forbids storage throws its own exception before Dexie can wrap it.
  if (!(cause instanceof Dexie.DexieError || cause instanceof DOMException)) return cause;
  // What lies behind it: of a transaction the DOMException it ended with, of many requests each one's.
  const { inner, failures = [] } = cause as { inner?: Named | null; failures?: readonly Named[] };
  const names = [cause, inner, ...failures].map((error) => error?.name);
  if (names.includes('QuotaExceededError')) {
    return new LeadboxError('storage-full', 'The device is full. Nothing was stored; free some space.', { cause });
  }
  if (cause.name === 'SchemaError') {
    // Dexie names the path in its message only.
    const [, missing] = /KeyPath (\S+) on object store/.exec(cause.message) ?? [];
    const path = missing === undefined ? [] : [missing];
    return new LeadboxError('not-indexed', `${cause.message}. Name the path in the option indexes.`, { path, cause });
  }
  const message = `The database cannot be used (${names.filter(Boolean).join(', ')}). Nothing was stored by this call.`;
  return new LeadboxError('storage-unavailable', message, { cause });
}

/**
 * Whether the browser closed the connection, or under the transaction: reopened, the same work can succeed. Chromium and
 * WebKit call the latter unknown, as they do what stays broken. It is a time-out where the page stood still in the middle
 * of the transaction, as on a device that slept.
 */
export function isLostConnection(error: unknown): boolean {
  const isOfStorage = error instanceof DOMException || error instanceof Dexie.DexieError;
  return isOfStorage && /^(Abort|DatabaseClosed|InvalidState|OpenFailed|Timeout|Unknown)Error$/.test(error.name);
}
