import type { Environment } from '../../src/index.ts';
import type { Dice } from './dice.ts';
import type { Scheduler } from './scheduler.ts';
import type { Tab } from './tab.ts';

type Channel = ReturnType<NonNullable<Environment['channel']>>;

/** What happens to messages between tabs: shares of them, in [0, 1]. */
export interface MessageFaults {
  readonly lost: number;
  readonly doubled: number;
  readonly late: number;
}

export interface Channels {
  of(tab: Tab): (name: string) => Channel;
  open(): number;
}

/** BroadcastChannel whose messages are tasks of the tabs that get them; some get lost, doubled or late (R41). */
export function createChannels(
  scheduler: Scheduler,
  dice: Dice,
  faults: () => MessageFaults,
  onDelivered: (tab: Tab, message: unknown) => void,
): Channels {
  const members = new Set<{ readonly tab: Tab; readonly name: string; readonly channel: Channel }>();

  return {
    of: (tab) => (name) => {
      const channel: Channel = {
        onmessage: null,
        postMessage(message: unknown) {
          if (tab.isDead) return;
          const { lost, doubled, late } = faults();
          for (const member of members) {
            if (member.channel === channel || member.name !== name || dice.chance(lost)) continue;
            const deliver = () => {
              if (!members.has(member)) return;
              onDelivered(member.tab, message);
              const event = { data: structuredClone(message) } as MessageEvent; // its data is all that is looked at
              member.channel.onmessage?.call(member.channel as BroadcastChannel, event); // the parts of it that exist
            };
            for (let copies = dice.chance(doubled) ? 2 : 1; copies > 0; copies--) {
              if (dice.chance(late)) scheduler.after(member.tab, 'message', dice.delay(), deliver);
              else scheduler.post(member.tab, 'message', deliver);
            }
          }
        },
        close() {
          members.delete(member);
          tab.ends.delete(channel.close);
        },
      };
      const member = { tab, name, channel };
      // The code of one that was killed may still run; nobody hears it, and it hears nobody.
      if (tab.isDead) return channel;
      members.add(member);
      tab.ends.add(channel.close);
      return channel;
    },
    open: () => members.size,
  };
}
