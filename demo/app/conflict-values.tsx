import type { Conflict } from 'leadbox';
import { labelOf } from './describe-patch.ts';
import { textOf } from './lead-fields.ts';

/** What a field was when the user typed, what was typed, and what somebody else made of it meanwhile. */
export function ConflictValues({ conflicts }: { readonly conflicts: readonly Conflict[] }) {
  return conflicts.map(({ path, base, mine, theirs }) => (
    <dl key={path.join()}>
      <div>
        <dt>Field</dt>
        <dd>{labelOf(path)}</dd>
      </div>
      <div>
        <dt>Before</dt>
        <dd>{textOf(base) || 'empty'}</dd>
      </div>
      <div data-whose="mine">
        <dt>Mine</dt>
        <dd>{textOf(mine) || 'empty'}</dd>
      </div>
      <div data-whose="theirs">
        <dt>Theirs</dt>
        <dd>{textOf(theirs) || 'empty'}</dd>
      </div>
    </dl>
  ));
}
