import { expect, it, vi } from 'vitest';
import type { Environment, JsonObject, LeadboxOptions } from '../../../src/index.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';
import { aDevice, type Device, type DeviceOptions, forgetReplay, soon } from '../../builders/a-leadbox.ts';
import { deadChannel } from '../../builders/a-tab.ts';

const id = leadId(0);
const before = { a: 0, b: 0, c: [1] };
const etagged = [{ etag: true }, { preconditions: true }] as const;
const refusal = (status: number) => Response.json({ error: { message: 'No.' } }, { status });
const fails = () => Promise.reject(new TypeError('Failed to fetch'));
const applied = (device: Device, body: unknown) =>
  device.api.fetch(`/api/v1/leads/${id}`, {
    method: 'PATCH',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
  });
async function aTab(api: DeviceOptions = {}, more: LeadboxOptions = {}) {
  const properties: JsonObject = before;
  const device = aDevice({ leads: [aLead({ properties })], sections: 'replace', ...api });
  const onConflict = vi.fn(() => 'mine' as const);
  const options: LeadboxOptions = { autoSync: false, onConflict, ...more };
  const leadbox = await device.loadedTab(options);
  if (api.etag) await leadbox.refresh(id);
  return { device, leadbox, options, onConflict };
}

it('a deletion of a member that the server keeps does not empty the section', async () => {
  const kept = { score: 9, rank: 3 };
  const { device, leadbox } = await aTab({
    leads: [aLead({ properties: { ...before, ...kept }, location: { city: 'Bonn', country: 'DE' } })],
  });
  device.intercept = async ({ body }) => {
    // replaces sections, and computes two members itself
    await applied(device, body);
    device.api.change(id, { properties: kept });
    return Response.json({ data: device.api.lead(id) });
  };
  await leadbox.patch(id, { location: { city: 'Köln' } }); // learned: replaces
  await leadbox.sync();
  await leadbox.patch(id, { properties: { score: null } });
  await leadbox.sync();
  expect(device.api.lead(id)?.properties).toEqual({ ...before, ...kept });
});

it('the damage of a lost answer is seen although somebody set our member since', async () => {
  const { device, leadbox } = await aTab(...etagged);
  device.api.next('lost-answer');
  await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.sync();
  device.api.change(id, { properties: { a: 'theirs' } });
  await leadbox.sync();
  expect(device.api.lead(id)?.properties).toMatchObject({ b: 0, c: [1] });
});
it('the damage of a lost answer is seen although somebody set another member since', async () => {
  const { device, leadbox } = await aTab(...etagged);
  device.api.next('lost-answer');
  await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.sync();
  device.api.change(id, { properties: { b: 'theirs' } });
  await leadbox.sync();
  expect(device.api.lead(id)?.properties).toEqual({ a: 1, b: 'theirs', c: [1] });
});

it.each(['merge', 'replace'] as const)('undo of an edit that arrived without an answer: %s', async (sections) => {
  const { device, leadbox } = await aTab({ etag: true, sections }, { preconditions: true });
  device.api.next('lost-answer');
  const edit = await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.sync();
  device.intercept = () => {
    device.intercept = undefined;
    device.api.next('network-error'); // the look
    return refusal(412);
  };
  await leadbox.sync();
  await edit.undo();
  await leadbox.sync();
  await leadbox.refresh(id);
  expect(device.api.lead(id)?.properties).toEqual(before);
});

it('an edit that arrived is not sent again after its repair, over what others set since', async () => {
  const { device, leadbox } = await aTab(...etagged);
  device.api.next('lost-answer');
  await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.sync();
  let n = 0;
  device.intercept = async ({ body }) => {
    if (++n !== 2) return undefined;
    const answer = await applied(device, body); // the repair
    device.api.change(id, { properties: { a: 'theirs, later' } });
    return answer;
  };
  await leadbox.sync();
  expect(device.api.lead(id)?.properties).toEqual({ ...before, a: 'theirs, later' });
});
it('an edit whose repair went first does not conflict with its own past', async () => {
  const { device, leadbox, onConflict } = await aTab(...etagged);
  device.api.next('lost-answer');
  await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.sync();
  await leadbox.patch(id, { properties: { a: 2 } });
  await leadbox.sync();
  expect(onConflict.mock.calls).toEqual([]);
});
it('an edit that arrived is not parked when it is refused again and again', async () => {
  const { device, leadbox } = await aTab();
  device.api.next('lost-answer');
  const edit = await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.sync();
  let n = 0;
  device.intercept = () => (++n === 2 ? undefined : refusal(422)); // all but the repair
  await leadbox.sync();
  expect(await edit.settled).toMatchObject({ outcome: 'synced' });
});
it('an edit that was sent does not go stale while its repair goes first', async () => {
  const { device, leadbox } = await aTab({ etag: true }, { preconditions: true, maxAge: 3_600_000 });
  device.api.next('lost-answer');
  const edit = await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.sync();
  await device.clock.advance(4_000_000);
  await leadbox.sync();
  expect(await edit.settled).toMatchObject({ outcome: 'synced' });
});
it('two edits of a batch that arrived are both synced when it is refused', async () => {
  const { device, leadbox } = await aTab({ sections: 'merge' });
  device.api.next('lost-answer');
  const edits = [await leadbox.patch(id, { properties: { a: 1 } }), await leadbox.patch(id, { properties: { b: 2 } })];
  await leadbox.sync();
  device.intercept = () => refusal(422);
  await leadbox.sync();
  expect(await Promise.all(edits.map(({ settled }) => settled.then(({ outcome }) => outcome)))).toEqual([
    'synced',
    'synced',
  ]);
});

it.each([0, { x: 1 }])('an outdated answer: what somebody put back since, where there was %o, stays his', async (b) => {
  const { device, leadbox } = await aTab({ leads: [aLead({ properties: { ...before, b } })] });
  device.intercept = async ({ body }) => {
    device.intercept = undefined;
    const answer = await applied(device, body);
    device.api.change(id, { properties: { b: 'theirs', c: 'theirs' } });
    await leadbox.refresh(id);
    return answer;
  };
  await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.sync();
  expect(device.api.lead(id)?.properties).toEqual({ a: 1, b: 'theirs', c: 'theirs' });
});

it('a repair does not age', async () => {
  const { device, leadbox, options } = await aTab({}, { maxAge: 3_600_000 });
  await leadbox.patch(id, { properties: { a: 1 } });
  device.intercept = async ({ body }) => {
    device.intercept = undefined;
    const answer = await applied(device, body);
    device.api.next('network-error'); // the look before the repair
    return answer;
  };
  await leadbox.sync();
  await leadbox.close();
  await device.clock.advance(8 * 3_600_000);
  await device.tab(options).sync();
  expect(device.api.lead(id)?.properties).toEqual({ ...before, a: 1 });
});

it('a repair that is moved to another device still yields', async () => {
  const { device, leadbox } = await aTab();
  let n = 0;
  device.intercept = () => (++n === 1 ? undefined : fails());
  await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.sync();
  const file = await leadbox.outbox.export();
  device.intercept = undefined;
  device.api.change(id, { properties: { b: 'theirs', c: 'theirs' } });
  const other = device.tab({ name: 'other', autoSync: false });
  await other.load(device.api.leads());
  await other.outbox.import(file);
  await other.sync();
  expect(device.api.lead(id)?.properties).toEqual({ a: 1, b: 'theirs', c: 'theirs' });
});

it('a parked edit that was overtaken, moved and tried again leaves the later value', async () => {
  const { device, leadbox } = await aTab({ sections: 'merge' });
  device.api.next(422);
  await leadbox.patch(id, { properties: { a: 'old', b: 'mine' } });
  await leadbox.sync();
  await leadbox.patch(id, { properties: { a: 'new' } });
  await leadbox.sync();
  const other = device.tab({ name: 'other', autoSync: false });
  await other.load(device.api.leads());
  await other.outbox.import(await leadbox.outbox.export());
  const [parked] = await other.outbox.parked();
  await other.outbox.retry(parked?.seq ?? 0);
  await other.sync();
  expect(device.api.lead(id)?.properties).toMatchObject({ a: 'new', b: 'mine' });
});

it('undo after another tab sent it does not bring back what was taken back', async () => {
  const { device, leadbox, options } = await aTab({ sections: 'merge' });
  const e1 = await leadbox.patch(id, { properties: { a: 'draft' } });
  const e2 = await leadbox.patch(id, { properties: { a: 'final' } });
  await e1.undo();
  await device.tab(options).sync();
  await e2.settled;
  await e2.undo();
  expect((await leadbox.get(id))?.lead.properties).toEqual(before);
});

it('undo after another tab sent it does not bring back what was refused', async () => {
  const { device, leadbox, options } = await aTab({ sections: 'merge' });
  await leadbox.patch(id, { properties: { a: 'bad' } });
  const edit = await leadbox.patch(id, { properties: { a: 'good' } });
  device.intercept = ({ text }) => (text.includes('bad') ? refusal(422) : undefined);
  await device.tab({ ...options, coalesce: false, environment: { channel: deadChannel } }).sync();
  await device.clock.advance(30_000); // longer than until a page reads again where a message got lost
  expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  await edit.undo();
  expect((await leadbox.get(id))?.lead.properties).toEqual(before);
});

it('undo after another tab sent it does not bring back what was refused of that one', async () => {
  const { device, leadbox, options } = await aTab({ sections: 'merge' });
  const other = device.tab({ ...options, coalesce: false, environment: { channel: deadChannel } });
  await other.patch(id, { properties: { a: 'bad' } });
  const edit = await leadbox.patch(id, { properties: { a: 'good' } });
  device.intercept = ({ text }) => (text.includes('bad') ? refusal(422) : undefined);
  await other.sync();
  await device.clock.advance(30_000); // longer than until a page reads again where a message got lost
  expect(await edit.settled).toMatchObject({ outcome: 'synced' });
  await edit.undo();
  expect((await leadbox.get(id))?.lead.properties).toEqual(before);
});

it('the last file is taken once', async () => {
  const { leadbox } = await aTab({ sections: 'merge' });
  const edits = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({
      id: `o:${from + i}`,
      leadId: leadId(7),
      patch: { properties: { n: i } },
      madeAt: '2025-01-15T12:00:00.000Z',
    }));
  const file = (all: unknown[]) => ({
    format: 'leadbox-outbox',
    version: 1,
    exportedAt: '2025-01-15T12:00:00.000Z',
    edits: all,
  });
  await leadbox.outbox.import(file(edits(0, 1_000)));
  const second = file([...edits(0, 900), ...edits(1_000, 1_200)]);
  await leadbox.outbox.import(second);
  expect(await leadbox.outbox.import(second)).toEqual({ imported: 0, skipped: 1_100 });
});

it('the rounds of an edit do not park its repair', async () => {
  const { device, leadbox } = await aTab();
  let n = 0;
  device.intercept = async ({ body }) => {
    n += 1;
    if (n === 4) await applied(device, body);
    if (n === 4) return fails();
    return n <= 5 ? refusal(409) : undefined;
  };
  await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.sync();
  await leadbox.sync();
  expect(device.api.lead(id)?.properties).toEqual({ ...before, a: 1 });
});

it('an empty object in a patch says nothing where there is an object', async () => {
  const { device, leadbox, onConflict } = await aTab(
    { sections: 'merge', leads: [aLead({ properties: { a: { y: 2 }, b: 0 } })] },
    { checkBeforeSend: true },
  );
  await leadbox.patch(id, { properties: { a: {}, b: 1 } });
  const mine = (await leadbox.changes(id)).find(({ path }) => path[1] === 'a')?.mine;
  device.api.change(id, { properties: { a: { y: 3 } } });
  await leadbox.sync();
  expect([mine ?? { y: 2 }, onConflict.mock.calls.length]).toEqual([{ y: 2 }, 0]);
});

it('refused each time after a lost request: parked for what the server said', async () => {
  const { device, leadbox } = await aTab({ sections: 'merge' });
  let n = 0;
  device.intercept = () => (++n % 2 ? fails() : refusal(422));
  const edit = await leadbox.patch(id, { properties: { a: 1 } });
  for (let i = 0; i < 8; i += 1) await leadbox.sync();
  expect(await edit.settled).toMatchObject({ outcome: 'parked', edit: { reason: 'rejected', status: 422 } });
});

it('a decided conflict is not asked about again', async () => {
  const { device, leadbox, onConflict } = await aTab(
    { sections: 'merge', leads: [aLead({ properties: {} })] },
    { checkBeforeSend: true },
  );
  await leadbox.patch(id, { properties: { o: { x: 1 } } });
  await leadbox.patch(id, { properties: { o: { y: 1 } } });
  device.api.change(id, { properties: { o: { y: 'theirs' } } });
  let n = 0;
  device.intercept = () => (++n === 1 ? refusal(409) : undefined);
  await leadbox.sync();
  expect(onConflict).toHaveBeenCalledTimes(1);
});

it('an import that changes nothing right now is not lost', async () => {
  const { device, leadbox } = await aTab({ sections: 'merge' });
  const from = device.tab({ name: 'other', autoSync: false });
  await from.load(device.api.leads());
  await from.patch(id, { properties: { a: 'x' } });
  const own = await leadbox.patch(id, { properties: { a: 'x' } });
  await leadbox.outbox.import(await from.outbox.export());
  await own.undo();
  await leadbox.sync();
  expect(device.api.lead(id)?.properties).toMatchObject({ a: 'x' });
});

it('an imported edit conflicts with nothing', async () => {
  const { device, leadbox, onConflict } = await aTab({ sections: 'merge' }, { checkBeforeSend: true });
  const other = device.tab({ name: 'other', autoSync: false });
  await other.load(device.api.leads());
  await other.patch(id, { properties: { a: 'x' } });
  await leadbox.outbox.import(await other.outbox.export());
  device.api.change(id, { properties: { a: 'theirs' } });
  await leadbox.sync();
  expect(onConflict.mock.calls).toEqual([]);
});

it('the damage of one part of a batch is not taken for a sign that the other arrived', async () => {
  const { device, leadbox } = await aTab();
  await leadbox.patch(id, { properties: { a: 1 } });
  const bad = await leadbox.patch(id, { properties: { a: 'bad' } });
  device.intercept = fails;
  await leadbox.sync();
  device.intercept = ({ text }) => (text.includes('bad') ? refusal(422) : undefined);
  await leadbox.sync();
  expect(await bad.settled).toMatchObject({ outcome: 'parked', edit: { status: 422 } });
  expect(device.api.lead(id)?.properties).toEqual({ ...before, a: 1 });
});

it('a repair waits until no earlier request can arrive, also where what was learned is forgotten', async () => {
  const { device, leadbox, options } = await aTab({}, { timeout: 1_000 });
  const late: (() => void)[] = [];
  device.intercept = ({ body }) => {
    late.push(() => void applied(device, body));
    return new Promise(() => {});
  };
  await leadbox.patch(id, { properties: { a: 1 } });
  const hanging = leadbox.sync();
  await vi.waitFor(() => expect(late).toHaveLength(1), soon);
  await device.clock.advance(1_000);
  await hanging;
  device.intercept = () => {
    device.intercept = fails;
    return undefined; // the repetition arrives, and nothing after it
  };
  await leadbox.sync();
  await leadbox.close();
  await forgetReplay(device);
  device.intercept = undefined;
  const reloaded = device.tab(options);
  await reloaded.sync();
  late[0]?.();
  await device.clock.advance(60_000);
  await reloaded.sync();
  expect(device.api.lead(id)?.properties).toEqual({ ...before, a: 1 });
});

it.each([
  ['the first of an empty section', {}, { a: 1 }, { a: 1 }],
  ['a repair, where what was learned is forgotten', before, { a: null }, { b: 0, c: [1] }],
])('%s may still arrive and replace it: a later edit of the section waits', async (what, properties, change, whole) => {
  const { device, leadbox, options } = await aTab({ leads: [aLead({ properties })] }, { timeout: 1_000 });
  await leadbox.patch(id, { properties: change });
  const isRepair = what.includes('repair');
  if (isRepair) {
    device.intercept = () => {
      device.intercept = fails;
      return undefined; // the edit arrives, and nothing after it
    };
    await leadbox.sync();
    await device.clock.advance(60_000);
    await leadbox.close();
    await forgetReplay(device);
  }
  const tab = isRepair ? device.tab(options) : leadbox;
  const late: (() => void)[] = [];
  device.intercept = ({ body }) => {
    late.push(() => void applied(device, body));
    return new Promise(() => {});
  };
  const hanging = tab.sync();
  await vi.waitFor(() => expect(late).toHaveLength(1), soon);
  await device.clock.advance(1_000);
  await hanging;
  device.intercept = undefined;
  await tab.sync();
  await tab.patch(id, { properties: { d: 4 } });
  await tab.sync();
  late[0]?.();
  await device.clock.advance(60_000);
  await tab.sync();
  expect(device.api.lead(id)?.properties).toEqual({ ...whole, d: 4 });
});

it('a repair goes as whole sections, also where what was learned is forgotten', async () => {
  const { device, leadbox, options } = await aTab({ leads: [aLead({ properties: { b: 0 } })] });
  device.intercept = () => {
    device.intercept = fails;
    return undefined; // the edit arrives, and nothing after it
  };
  await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.sync();
  await device.clock.advance(60_000);
  await leadbox.close();
  await forgetReplay(device);
  device.intercept = undefined;
  await device.tab(options).sync();
  const repairs = device.attempts.slice(1).map(({ body }) => body);
  expect(repairs).toEqual(repairs.map(() => ({ properties: { a: 1, b: 0 } })));
  expect(device.api.lead(id)?.properties).toEqual({ a: 1, b: 0 });
});

it('an edit that arrived is known to have, also where a part of its batch was sent again without an answer', async () => {
  const { device, leadbox, onConflict } = await aTab({}, { sections: 'replace', timeout: 1_000 });
  await leadbox.patch(id, { properties: { a: 1 } });
  const second = await leadbox.patch(id, { properties: { a: 2 } });
  device.intercept = async ({ body }) => {
    await applied(device, body);
    return fails();
  };
  await leadbox.sync();
  await leadbox.patch(id, { location: { city: 'bad' } });
  await device.clock.advance(60_000);
  let isPart = false;
  device.intercept = ({ text }) => {
    if (text.includes('bad')) return refusal(422);
    isPart = true;
    return fails();
  };
  await leadbox.sync(); // all three are refused, and the first alone gets no answer
  expect(isPart).toBe(true);
  await expect(leadbox.outbox.discard(second.seq)).rejects.toMatchObject({ code: 'edit-in-flight' });
  await device.clock.advance(60_000);
  device.intercept = ({ text }) => (text.includes('bad') ? refusal(422) : undefined);
  await leadbox.sync();
  expect(onConflict).not.toHaveBeenCalled();
  expect(device.api.lead(id)?.properties).toEqual({ ...before, a: 2 });
  expect(await leadbox.status()).toMatchObject({ pending: 0, parked: 1 });
});

it('an edit that arrived is known to have, also where it is parked with one that it overtook', async () => {
  const { device, leadbox, onConflict } = await aTab({}, { sections: 'replace', timeout: 1_000 });
  await leadbox.patch(id, { properties: { a: 1 } });
  await leadbox.patch(id, { properties: { a: 2 } });
  device.intercept = async ({ body }) => {
    await applied(device, body);
    return fails();
  };
  await leadbox.sync();
  await leadbox.patch(id, { properties: { a: 3, b: 'bad' } });
  await device.clock.advance(60_000);
  device.intercept = async () => {
    await leadbox.patch(id, { properties: { a: 4 } }); // while the three are on their way
    device.intercept = undefined;
    return refusal(403);
  };
  await leadbox.sync();
  expect(onConflict).not.toHaveBeenCalled();
  expect(device.api.lead(id)?.properties).toEqual({ ...before, a: 4 });
  expect(await leadbox.status()).toMatchObject({ pending: 0, parked: 3 });
});

it('edits that a refused one overtook are no change of somebody else for those after it', async () => {
  const properties = { b: { kept: 1 } };
  const { device, leadbox, onConflict } = await aTab({ leads: [aLead({ properties })] }, { checkBeforeSend: true });
  await leadbox.patch(id, { properties: { b: { x: 1 } } });
  await leadbox.patch(id, { properties: { b: 2 } });
  device.intercept = async () => {
    await leadbox.patch(id, { properties: { b: 3 } }); // while the two are on their way
    device.intercept = undefined;
    return refusal(410);
  };
  await leadbox.sync();
  expect(onConflict).not.toHaveBeenCalled();
  expect(device.api.lead(id)?.properties).toEqual({ b: 3 });
});

it('R63 an edit that may have met its own conflict is not dropped before the lead was looked at', async () => {
  const { device, leadbox, onConflict } = await aTab();
  const edit = await leadbox.patch(id, { properties: { a: 1 } });
  device.intercept = async ({ body }) => {
    await applied(device, body); // twice on its way, and the answer is to the second copy
    device.intercept = undefined;
    device.api.offline = true;
    return refusal(412);
  };
  await leadbox.sync();
  await expect(leadbox.outbox.discard(edit.seq)).rejects.toMatchObject({ code: 'edit-in-flight' });
  await leadbox.patch(id, { properties: { a: 2 } });
  device.api.offline = false;
  await leadbox.sync();
  await leadbox.sync();
  expect(onConflict).not.toHaveBeenCalled();
  expect(device.api.lead(id)?.properties).toMatchObject({ a: 2 });
});

it('what is made on an object that a deletion left behind does not conflict where the server never had that object', async () => {
  const options = { checkBeforeSend: true };
  const { device, leadbox, onConflict } = await aTab(
    { sections: 'merge', leads: [aLead({ properties: {} })] },
    options,
  );
  let attempts = 0;
  device.intercept = async () => {
    attempts++;
    if (attempts <= 2) return refusal(422); // both edits, then the first one
    if (attempts > 3) return undefined;
    await leadbox.patch(id, { properties: { b: { x: 1 } } });
    await leadbox.patch(id, { properties: { b: 2 } });
    return refusal(412); // it turns out to be as the second one wants it
  };
  await leadbox.patch(id, { properties: { b: { y: 1 } } });
  await leadbox.patch(id, { properties: { b: { y: null } } });
  await leadbox.sync();
  expect(onConflict).not.toHaveBeenCalled();
  expect(device.api.lead(id)?.properties).toEqual({ b: 2 });
  expect(await leadbox.status()).toMatchObject({ pending: 0, parked: 1 });
});

it('a lead that was asked for, edited and forgotten does not come back as it was before the edit', async () => {
  const { device, leadbox, options } = await aTab({ sections: 'merge' });
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const late: Environment['fetch'] = async (url, init) => {
    const response = await device.environment.fetch?.(url, init);
    if (init?.method !== 'PATCH') await held;
    return response as Response; // a device has a network
  };
  const tab = device.tab({ ...options, environment: { fetch: late } });
  await leadbox.close();
  const refreshed = tab.refresh(id);
  await tab.patch(id, { properties: { a: 1 } });
  expect(await tab.sync()).toMatchObject({ synced: 1 });
  await tab.forget(id);
  answer();
  await refreshed;
  expect((await tab.get(id))?.lead).toEqual(device.api.lead(id));
});
