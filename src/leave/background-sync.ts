import type { Environment } from '../environment.ts';

/** Has the app's service worker send what this page leaves behind, where there is one (R42). Nothing waits for it. */
export interface BackgroundSync {
  /** An edit was stored: the first one asks, in case the page ends at once. */
  afterEdit(): void;
  /** Something keeps edits from being sent, or the page is put away: asks if anything is pending. */
  mayBeLeft(): void;
}

/** The tag under which the worker is woken for a database. */
export function syncTag(name: string): string {
  return `leadbox:${name}`;
}

/** What it asks before it asks the browser. */
export interface Left {
  /** Whether edits of this page wait, as far as it is known without looking: a page that ends may not get to look. */
  readonly isPendingHere: () => boolean;
  readonly countPending: () => Promise<number>;
}

export function createBackgroundSync(
  name: string,
  { backgroundSync }: Pick<Environment, 'backgroundSync'>,
  { isPendingHere, countPending }: Left,
): BackgroundSync {
  let isAsked = false;
  const ask = async (isPending: boolean) => {
    try {
      if (backgroundSync && (isPending || (await countPending()))) await backgroundSync.register(syncTag(name));
    } catch {
      // Not allowed or not there: then pages alone send.
    }
  };
  return {
    afterEdit() {
      if (!isAsked) void ask(true);
      isAsked = true;
    },
    mayBeLeft: () => void ask(isPendingHere()),
  };
}
