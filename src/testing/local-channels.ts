import type { Environment } from '../environment.ts';

/** One end of a channel: what the library uses of a BroadcastChannel. */
export type LocalChannel = ReturnType<NonNullable<Environment['channel']>>;
type Listener = NonNullable<LocalChannel['onmessage']>;

/**
 * BroadcastChannel in memory: all channels of one name made by the returned function hear each other, as those of one
 * origin's tabs do. A message reaches every other channel that was open when it was posted, after the poster's code has
 * run, as a copy of its own, in the order of posting; a channel that was closed meanwhile gets none. Posting throws
 * DataCloneError for what cannot be copied and InvalidStateError on a closed channel.
 */
export function createLocalChannels(): (name: string) => LocalChannel {
  const open = new Map<string, Set<LocalChannel>>();

  return (name) => {
    const members = open.get(name) ?? new Set();
    open.set(name, members);

    const channel: LocalChannel = {
      onmessage: null,
      postMessage(message: unknown) {
        if (!members.has(channel)) throw new DOMException(`The channel ${name} is closed.`, 'InvalidStateError');
        const posted: unknown = structuredClone(message);
        for (const other of members) {
          if (other !== channel) queueMicrotask(() => deliver(members, other, posted));
        }
      },
      close() {
        members.delete(channel);
      },
    };
    members.add(channel);
    return channel;
  };
}

function deliver(members: ReadonlySet<LocalChannel>, to: LocalChannel, posted: unknown): void {
  if (!members.has(to)) return;
  const event = new MessageEvent('message', { data: structuredClone(posted) });
  to.onmessage?.call(to as ThisParameterType<Listener>, event); // a listener's `this` is the channel, with what it has
}
