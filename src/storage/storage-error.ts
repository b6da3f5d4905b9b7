import { Dexie } from 'dexie';
import { LeadboxError } from '../model/leadbox-error.ts';

/** What a failed transaction means to an app; errors that are not the database's pass through. */
export function storageError(error: unknown): unknown {
  if (!(error instanceof Dexie.DexieError)) return error;
  const names = [error.name, nameOf(error.inner)];
  if (names.includes('QuotaExceededError')) {
    return new LeadboxError(
      'storage-full',
      'The device has no room for this. Nothing was stored; free some space and try again.',
      { cause: error },
    );
  }
  if (error.name === 'SchemaError') {
    return new LeadboxError('not-indexed', `${error.message}. Name the path in the option \`indexes\`.`, {
      cause: error,
    });
  }
  return new LeadboxError(
    'storage-unavailable',
    `The database cannot be used (${names.filter(Boolean).join(', ')}). Nothing was stored by this call.`,
    { cause: error },
  );
}

/** Whether the browser closed the connection under the transaction: reopened, the same work can succeed. */
export function isLostConnection(error: unknown): boolean {
  return error instanceof Dexie.DexieError && ['DatabaseClosedError', 'InvalidStateError'].includes(error.name);
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : '';
}
