import type { Environment } from '../environment.ts';

/** What tabs tell each other: hints to look again. Losing, doubling or delaying one is harmless (R41). */
export type TabMessage =
  /** These leads changed; undefined: any may have. */
  | { readonly type: 'changed'; readonly leadIds: readonly string[] | undefined }
  | { readonly type: 'paused'; readonly paused: boolean };

export interface OtherTabs {
  tell(message: TabMessage): void;
  close(): void;
}

export function createOtherTabs(
  name: string,
  environment: Environment,
  onMessage: (message: TabMessage) => void,
): OtherTabs {
  // Without a database there is nothing to tell, and on a server an open channel would keep the process alive.
  const channel = environment.indexedDB && environment.channel?.(name);
  if (channel) channel.onmessage = (event) => onMessage(event.data as TabMessage); // only this file posts on it
  return {
    tell: (message) => channel?.postMessage(message),
    close: () => channel?.close(),
  };
}
