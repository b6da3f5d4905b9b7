/** The path of a Chromium: CHROMIUM_PATH, one on the PATH, or Playwright's own download; undefined if there is none. */
export function findChromium(): string | undefined;
