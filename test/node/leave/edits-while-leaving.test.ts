import { describe, expect, it } from 'vitest';
import type { Leadbox } from '../../../src/index.ts';
import { leadId } from '../../builders/a-lead.ts';
import { aDevice, allRows } from '../../builders/a-leadbox.ts';
import { deadChannel } from '../../builders/a-tab.ts';

const id = leadId(0);
const patch = { properties: { a: 1 } };
const stopped = { autoSync: false };
const gaps = [0, 1, 2, 3, 4, 6, 8, 10, 13, 17, 22, 30, 40];

/** An edit made some tasks after signing out began: what became of both, and of the rows. */
async function editWhile(leaver: Leadbox, editor: Leadbox, gap: number) {
  const left = leaver.signOut();
  left.catch(() => {});
  for (let task = 0; task < gap; task += 1) await new Promise((resolve) => setImmediate(resolve));
  return Promise.allSettled([left, editor.patch(id, patch)]);
}

describe('R45 an edit made while signing out is refused, or signing out is:', () => {
  it.each(gaps)('in the same tab, %i tasks later', async (gap) => {
    const device = aDevice();
    const leadbox = await device.loadedTab(stopped);
    const outcomes = await editWhile(leadbox, leadbox, gap);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  });

  it.each(gaps)('in another tab, %i tasks later', async (gap) => {
    const device = aDevice();
    const leadbox = await device.loadedTab(stopped);
    const other = device.tab(stopped);
    await other.get(id);
    const outcomes = await editWhile(leadbox, other, gap);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  });

  it.each(gaps)('in another tab that hears nothing and watches the lead, %i tasks later', async (gap) => {
    const device = aDevice();
    const leadbox = await device.loadedTab(stopped);
    const other = device.tab({ ...stopped, environment: { channel: deadChannel } });
    const watched = other.observe(id).subscribe({ error() {} });
    await device.rest();
    const [left, edit] = await editWhile(leadbox, other, gap);
    watched.unsubscribe();
    const rows = (await allRows(device.indexedDB))['leadbox/outbox'] ?? [];
    if (edit?.status === 'fulfilled') {
      expect(left?.status).toBe('rejected');
      expect(rows).toHaveLength(1);
    } else expect(left?.status).toBe('fulfilled');
  });
});
