import { afterAll, expect, onTestFinished, test } from 'vitest';
import { createSeededRandom } from '../../src/testing/seeded-random.ts';
import { aCrashDevice, type CrashDevice } from './crash-device.ts';
import { type Verdict, verdict } from './verdict.ts';

// ROUNDS=50 kills that many browsers. A failure prints its seed; CRASH_SEED=<seed> makes the same plan again, though
// what a kill meets in the middle of depends on the machine, too.
const rounds = Number(process.env.ROUNDS ?? 5);
const seed = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 31));
const total = { editing: 0, draining: 0, resolved: 0, onServer: 0, pending: 0, parked: 0, lost: 0 };

const devices = [
  ['with an idempotency header', 'Idempotency-Key', Math.ceil(rounds / 2)],
  ['without an idempotency header', undefined, Math.floor(rounds / 2)],
] as const;

test.each(devices)(
  'R44 every edit that resolved survives kills of the browser, in order, %s',
  async (_, header, kills) => {
    const random = createSeededRandom(seed);
    const device = await aCrashDevice(seed, header);
    onTestFinished(device.close);
    await (await device.open(false)).ask('fill');

    for (let round = 0; round < kills; round += 1) {
      const phase = round % 2 ? 'draining' : 'editing';
      await (phase === 'editing' ? killWhileEditing : killWhileDraining)(device, `${round}`, random);
      total[phase] += 1;
      const found = await judge(device);
      for (const place of ['onServer', 'pending', 'parked'] as const) total[place] += found[place];
      // Sometimes everything arrives, sometimes the next crash comes on top of this one.
      if (random() < 0.3) await drain(device);
    }
    await drain(device);
    total.resolved += device.made.length;
  },
  60_000 + rounds * 10_000,
);

test('R44 a crash that tears a record of the browser’s own log costs no edit, neither now nor at later starts', async () => {
  const device = await aCrashDevice(seed);
  onTestFinished(device.close);
  await (await device.open(false)).ask('fill');
  for (const mark of ['before', 'after', 'later']) {
    const tab = await device.open(false);
    const enough = device.reported(20);
    tab.ask('work', { mark, seed }).catch(killed);
    await enough;
    await device.kill();
    await device.tearLog();
    await judge(device);
  }
  expect(device.made.length).toBeGreaterThanOrEqual(60);
});

test('a page that reports an edit before it is stored is found out', async () => {
  const device = await aCrashDevice(seed);
  onTestFinished(device.close);
  const tab = await device.open(false);
  await tab.ask('fill');
  await tab.ask('reportTooEarly', 'early');
  await device.kill();
  const reopened = await device.open(false);
  const found = verdict(device.made, await reopened.ask('kept'), device.road.history);
  expect(found).toMatchObject({ lost: [{ mark: 'early' }], onServer: 0, pending: 0, parked: 0 });
});

afterAll(() => {
  const { editing, draining, resolved, onServer, pending, parked, lost } = total;
  console.log(
    `Seed ${seed}: ${editing} kills while editing, ${draining} while draining; ${resolved} edits had resolved. ` +
      `After the kills ${onServer} times one was found on the server, ${pending} times pending, ${parked} times parked; ${lost} lost.`,
  );
});

async function killWhileEditing(device: CrashDevice, round: string, random: () => number): Promise<void> {
  const marks = random() < 0.5 ? [`${round}a`] : [`${round}a`, `${round}b`];
  const tabs = await Promise.all(marks.map(() => device.open(true)));
  const enough = device.reported(1 + random() * 150);
  for (const [index, tab] of tabs.entries())
    tab.ask('work', { mark: String(marks[index]), seed: seed + index }).catch(killed);
  await enough;
  await moment(random);
  await device.kill();
}

async function killWhileDraining(device: CrashDevice, round: string, random: () => number): Promise<void> {
  device.site.offline = true;
  const tab = await device.open(true);
  const enough = device.reported(30 + random() * 100);
  const work = tab.ask('work', { mark: round, seed });
  await enough;
  await tab.ask('stop');
  await work;
  const setOut = device.road.setOut(1 + Math.floor(random() * 6));
  device.site.offline = false;
  await setOut;
  await moment(random);
  await device.kill();
}

/** Between two things that can be waited for: a kill in the middle of a transaction, a request, an answer. */
function moment(random: () => number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, random() * 25));
}

/** Looks at what the device holds before anything of it is sent. */
async function judge(device: CrashDevice): Promise<Verdict> {
  const tab = await device.open(false);
  const found = verdict(device.made, await tab.ask('kept'), device.road.history);
  await tab.close();
  total.lost += found.lost.length;
  expect(found, `seed ${seed}`).toMatchObject({ lost: [], unseen: [], outOfOrder: [] });
  return found;
}

/** Sends everything, waits for the requests of dead browsers too, and looks at what that came to. */
async function drain(device: CrashDevice): Promise<void> {
  const tab = await device.open(true);
  await tab.ask('drained');
  await device.road.quiet();
  const kept = await tab.ask('kept');
  const found = verdict(device.made, kept, device.road.history);
  expect(found, `seed ${seed}`).toMatchObject({ lost: [], unseen: [], outOfOrder: [], pending: 0 });
  expect(found.onServer + found.parked).toBe(device.made.length);
  const onServer = device.api
    .leads()
    .map(({ id, properties, summary }) => [id, String(properties?.last ?? ''), summary ?? {}]);
  expect(
    kept.shown.map(({ leadId, last, marks }) => [leadId, last, Object.fromEntries(marks.map((mark) => [mark, true]))]),
  ).toEqual(onServer.sort());
  await tab.close();
}

/** The page went with the browser. */
function killed(): void {}
