import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Browser, type BrowserContext, chromium } from 'playwright';
import { findChromium } from '../find-chromium.mjs';

/** A Chromium of our own over a profile on disk. */
export interface RunningChromium {
  readonly browser: Browser;
  readonly context: BrowserContext;
  /**
   * Ends the browser and all its processes at once, as a crash does: nothing of it runs another instruction. Resolves
   * when they are gone and everything it had said before was heard.
   */
  kill(): Promise<void>;
}

/** A Chromium that does nothing but show pages. */
export const chromiumFlags: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--disable-quic',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--password-store=basic',
  // A tab in the background works as fast as one in front.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

/** Starts it by hand: Playwright tells no process id, and a kill needs the group of processes. */
export async function startChromium(profile: string): Promise<RunningChromium> {
  const flags = [...chromiumFlags, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
  const started = spawn(findChromium() ?? 'chromium', flags, {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // a group of its own, so that the kill meets all of it and nothing else
  });
  const exited = once(started, 'exit');
  const { pid } = started;
  if (pid === undefined) throw new Error('Chromium could not be started.');
  const end = () => process.kill(-pid, 'SIGKILL');
  // The group must not outlive a test run that ends early.
  process.once('exit', end);

  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    started.stderr.on('data', (chunk) => {
      said += chunk;
      const [, found] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
    started.once('exit', () => reject(new Error(`Chromium ended by itself: ${said}`)));
  });
  const browser = await chromium.connectOverCDP(address, { noDefaults: true });
  const [context] = browser.contexts();
  if (!context) throw new Error('Chromium has no window.');

  return {
    browser,
    context,
    async kill() {
      const disconnected = new Promise((resolve) => browser.once('disconnected', resolve));
      process.off('exit', end);
      end();
      await Promise.all([exited, disconnected]);
    },
  };
}
