import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** The path of a Chromium: CHROMIUM_PATH, one on the PATH, or Playwright's own download; undefined if there is none. */
export function findChromium() {
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return [process.env.CHROMIUM_PATH, ...onPath, chromium.executablePath()].find((path) => path && existsSync(path));
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const path = findChromium();
  if (path) console.log(path);
  else {
    console.error(
      'No Chromium found: install one (Debian: apt-get install chromium; elsewhere: npx playwright install chromium) or set CHROMIUM_PATH.',
    );
    process.exitCode = 1;
  }
}
