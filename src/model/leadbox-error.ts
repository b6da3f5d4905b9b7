/** What went wrong, as a word a program can compare with. The README lists what to do about each. */
export type LeadboxErrorCode =
  | 'lead-not-cached'
  | 'lead-not-found'
  | 'invalid-lead-id'
  | 'invalid-lead'
  | 'invalid-edit'
  | 'read-only-field'
  | 'not-json'
  | 'async-recipe'
  | 'edit-in-flight'
  | 'edit-not-found'
  | 'unsynced-edits'
  | 'storage-full'
  | 'storage-unavailable'
  | 'update-required'
  | 'closed'
  | 'network'
  | 'unauthorized'
  | 'bad-response'
  | 'request-failed'
  | 'aborted'
  | 'invalid-import'
  | 'invalid-option'
  | 'not-indexed';

/**
 * The only error class of the library. `code` is literal, the message says what to do next, and neither it nor `cause`
 * ever holds the contents of a lead.
 */
export class LeadboxError extends Error {
  override readonly name = 'LeadboxError';
  readonly code: LeadboxErrorCode;
  /**
   * Where: for 'invalid-edit', 'read-only-field' and 'not-json' the path in the lead; for 'invalid-lead' and
   * 'invalid-import' it begins with the index of the entry; for 'invalid-option' and 'not-indexed' the name meant.
   */
  readonly path?: readonly string[] | undefined;

  constructor(code: LeadboxErrorCode, message: string, options?: { path?: readonly string[]; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options?.path) this.path = options.path;
  }
}

/** Whether `value` is an error of this library, and of this code if one is given. Works across bundles of the library. */
export function isLeadboxError<C extends LeadboxErrorCode = LeadboxErrorCode>(
  value: unknown,
  code?: C,
): value is LeadboxError & { readonly code: C } {
  return (
    value instanceof Error &&
    value.name === 'LeadboxError' &&
    'code' in value &&
    (code === undefined || value.code === code)
  );
}
