import { drainFolded, drainGrowth, drainOne, drainSix } from './drains.ts';
import { editGrowth, observed, oneEdit, thousandEdits } from './edits.ts';
import { load } from './load.ts';
import { changes, start, startOfPage, status } from './reads.ts';
import type { Rows } from './row.ts';

export const rows: Rows = {
  ...{ observe: observed, edit: oneEdit, burst: thousandEdits },
  ...{ 'drain-one': drainOne, 'drain-six': drainSix, 'drain-folded': drainFolded },
  ...{
    start,
    page: startOfPage,
    load,
    changes,
    'edit-growth': editGrowth,
    'drain-growth': drainGrowth,
    'status-growth': status,
  },
};
