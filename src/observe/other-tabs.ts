import { allowed, type Environment } from '../environment.ts';

/**
 * What tabs tell each other: hints to look again; losing, doubling or delaying one is harmless (R41). Either leads that
 * changed, are being sent or were dropped to make room, or that one tab paused or resumed all, or ended all.
 */
export interface TabMessage {
  readonly leadIds?: readonly string[];
  readonly sending?: readonly string[];
  /** By their ids, with their `updated_at`. */
  readonly evicted?: ReadonlyMap<string, string>;
  readonly paused?: boolean;
  readonly ended?: { readonly isWiped: boolean };
}

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
  let channel = environment.indexedDB && allowed(() => environment.channel?.(`leadbox:${name}`));
  if (channel) channel.onmessage = ({ data }) => onMessage(data as TabMessage); // only this file posts on it
  return {
    tell(message) {
      try {
        channel?.postMessage(message);
      } catch {
        // As good as lost: the rows are stored whether or not others hear of it.
      }
    },
    close() {
      channel?.close();
      channel = undefined;
    },
  };
}
