import type { Page } from 'playwright';
import { expect } from 'vitest';
import { type Device, patiently } from './a-device.ts';

/** The app's service worker in the browser. */
export interface InstalledWorker {
  /** A Background Sync event, as the browser sends it; resolves with how the worker's promise to it ended. */
  sync(name?: string): Promise<string>;
  /** The kinds of events it handles. */
  readonly handles: string;
}

/** Has the page install the worker, and waits until it is active. */
export async function installWorker(device: Device, page: Page): Promise<InstalledWorker> {
  const { devtools, site, reports } = device;
  let registrationId = '';
  devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    for (const registration of registrations) {
      if (registration.scopeURL.startsWith(site.origin)) registrationId = registration.registrationId;
    }
  });
  await devtools.send('ServiceWorker.enable');
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/worker.js', { type: 'module' });
    await navigator.serviceWorker.ready;
  });
  await expect.poll(() => registrationId, patiently).not.toBe('');
  const [handles = ''] = reports.filter((word) => word.startsWith('handles:'));
  const outcomes = () => reports.filter((word) => !word.startsWith('handles:'));

  return {
    handles,
    async sync(name = 'leads') {
      const before = outcomes().length;
      const tag = `leadbox:${name}`;
      await devtools.send('ServiceWorker.dispatchSyncEvent', {
        ...{ origin: site.origin, registrationId, tag, lastChance: false },
      });
      await expect.poll(outcomes, patiently).toHaveLength(before + 1);
      return String(outcomes().at(-1));
    },
  };
}
