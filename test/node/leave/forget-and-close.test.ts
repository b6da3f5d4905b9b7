import { describe, expect, it } from 'vitest';
import { leadId, someLeads } from '../../builders/a-lead.ts';
import { aDevice, valuesOf } from '../../builders/a-leadbox.ts';

const id = leadId(0);
const patch = { properties: { a: 1 } };
const stopped = { autoSync: false };

describe('R45 forget', () => {
  it('drops one lead, for the observers of all tabs', async () => {
    const device = aDevice({ leads: someLeads(2) });
    const leadbox = await device.loadedTab(stopped);
    const other = device.tab(stopped);
    const seen = valuesOf(other.observe(id));
    const all = valuesOf(leadbox.observeAll());
    await device.rest();
    await leadbox.forget(id);
    await device.rest();
    expect(await leadbox.get(id)).toBeUndefined();
    expect(seen.at(-1)).toBeUndefined();
    expect(all.at(-1)?.map((lead) => lead.id)).toEqual([leadId(1)]);
    await expect(leadbox.patch(id, patch)).rejects.toMatchObject({ code: 'lead-not-cached' });
  });

  it('refuses while the lead has a pending edit, or a parked one, or one that is just being stored', async () => {
    const device = aDevice({ leads: someLeads(3) });
    const leadbox = await device.loadedTab(stopped);
    device.api.next(422);
    await leadbox.patch(leadId(1), patch);
    await leadbox.sync();
    const edit = leadbox.patch(id, patch);
    for (const lead of [id, leadId(1)]) {
      await expect(leadbox.forget(lead)).rejects.toMatchObject({ code: 'unsynced-edits' });
      expect(await leadbox.get(lead)).toBeDefined();
    }
    await edit;
    await leadbox.forget(leadId(2));
  });

  it('of a lead that is not cached does nothing; what is no id is refused', async () => {
    const leadbox = await aDevice().loadedTab(stopped);
    await leadbox.forget(leadId(7));
    await expect(leadbox.forget('../leads')).rejects.toMatchObject({ code: 'invalid-lead-id' });
  });

  it('leaves a lead that can be fetched and edited again', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab();
    await leadbox.forget(id);
    await leadbox.refresh(id);
    expect(await (await leadbox.patch(id, patch)).settled).toMatchObject({ outcome: 'synced' });
  });
});

describe('R46 close', () => {
  it('can be called again, at the same time and later, and nothing of it stays', async () => {
    const device = aDevice();
    const leadbox = await device.loadedTab({ environment: { locks: undefined } });
    device.api.next('hang');
    const stored = leadbox.patch(id, patch);
    await Promise.all([leadbox.close(), leadbox.close()]);
    await leadbox.close();
    expect(await stored).toMatchObject({ seq: 1 });
    expect(device.clock.pending).toBe(0);
    await expect(leadbox.forget(id)).rejects.toMatchObject({ code: 'closed' });
    await expect(leadbox.signOut()).rejects.toMatchObject({ code: 'closed' });
    await expect(leadbox.sync()).rejects.toMatchObject({ code: 'closed' });
    expect(await leadbox.status()).toMatchObject({ state: 'closed', pending: 1 });
  });
});
