import { expect, it } from 'vitest';
import { leadId } from '../builders/a-lead.ts';
import { aDevice, editIn } from './a-device.ts';

it('probe', async () => {
  const device = await aDevice(1);
  const page = await device.loadedTab({ autoSync: false });
  const est = () => page.evaluate(() => navigator.storage.estimate());
  console.log(await est());
  await page.evaluate(async (id) => {
    const noise = (n: number) => Array.from({ length: n }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join('');
    const state = await leadbox.get(id);
    for (let chunk = 0; chunk < 10; chunk += 1)
    await leadbox.load(Array.from({ length: 100 }, (_, i) => ({ ...state?.lead, id: id.slice(0, 30) + (900000 + chunk*100 + i), summary: { notes: noise(10_000) } })));
  }, leadId(0));
  const e = await est(); console.log(e);
  await device.devtools.send('Storage.overrideQuotaForOrigin', { origin: device.site.origin, quotaSize: (e.usage ?? 0) + 1_000_000 });
  console.log(await est());
  const big = (n: number) => page.evaluate(async ([id, n]) => {
    const noise = (n: number) => Array.from({ length: n }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join('');
    return leadbox.patch(id, { summary: { notes: noise(n) } }).then((e) => String(e.seq), (e) => e.code + ' ' + e.message + e.cause);
  }, [leadId(0), n] as [string, number]);
  console.log(await big(100_000), await est());
  await device.devtools.send('Storage.overrideQuotaForOrigin', { origin: device.site.origin, quotaSize: 12_700_000 });
  for (let i = 0; i < 12; i++) {
  console.log(await big(400_000), await est(), await page.evaluate(async () => (await leadbox.find()).length));
  }
});
