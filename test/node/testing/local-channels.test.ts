import { afterEach, describe, expect, it } from 'vitest';
import { createLocalChannels, type LocalChannel } from '../../../src/testing.ts';

const platform = (name: string): LocalChannel => new BroadcastChannel(name);

// One suite for the channels in memory and for the platform's own, whose behaviour they promise.
describe.each([
  ['local channels', createLocalChannels],
  ["the platform's channels", () => platform],
])('%s', (_, create) => {
  const opened: LocalChannel[] = [];
  let test = 0;
  afterEach(() => {
    for (const channel of opened.splice(0)) channel.close();
  });

  function channels(...names: string[]) {
    test += 1;
    const make = create();
    return names.map((name) => {
      const channel = make(`${name} ${test}`);
      const heard: unknown[] = [];
      channel.onmessage = (event) => heard.push(event.data);
      opened.push(channel);
      return { channel, heard };
    });
  }

  it('deliver to every other channel of the name, in order and later', async () => {
    const [a, b, c, elsewhere] = channels('x', 'x', 'x', 'y');
    a?.channel.postMessage(1);
    b?.channel.postMessage(2);
    expect([a, b, c].flatMap((each) => each?.heard)).toEqual([]);
    await delivered();
    expect([a, b, c, elsewhere].map((each) => each?.heard)).toEqual([[2], [1], [1, 2], []]);
  });

  it('deliver a copy of what was posted, as it was then, to each its own', async () => {
    const [a, b, c] = channels('x', 'x', 'x');
    const message = { list: [1], at: new Date(0) };
    a?.channel.postMessage(message);
    message.list.push(2);
    await delivered();
    expect([b?.heard, c?.heard]).toEqual([[{ list: [1], at: new Date(0) }], [{ list: [1], at: new Date(0) }]]);
    expect(b?.heard[0]).not.toBe(c?.heard[0]);
  });

  it('refuse what cannot be copied', () => {
    const [a] = channels('x');
    expect(() => a?.channel.postMessage(() => {})).toThrow(expect.objectContaining({ name: 'DataCloneError' }));
  });

  it('deliver nothing to a channel that was closed since, and refuse to post on it', async () => {
    const [a, b, c] = channels('x', 'x', 'x');
    a?.channel.postMessage(1);
    b?.channel.close();
    await delivered();
    expect([b?.heard, c?.heard]).toEqual([[], [1]]);
    expect(() => b?.channel.postMessage(2)).toThrow(expect.objectContaining({ name: 'InvalidStateError' }));
    b?.channel.close();
  });

  it('deliver what was posted before a channel is closed', async () => {
    const [a, b] = channels('x', 'x');
    a?.channel.postMessage('goodbye');
    a?.channel.close();
    await delivered();
    expect(b?.heard).toEqual(['goodbye']);
  });

  it('take no note of a channel without a listener', async () => {
    const [a, b] = channels('x', 'x');
    if (b) b.channel.onmessage = null;
    a?.channel.postMessage(1);
    await delivered();
    expect(b?.heard).toEqual([]);
  });
});

it('channels of two factories do not hear each other', async () => {
  const heard: unknown[] = [];
  createLocalChannels()('x').onmessage = (event) => heard.push(event.data);
  createLocalChannels()('x').postMessage(1);
  await delivered();
  expect(heard).toEqual([]);
});

it('a channel opened after a message was posted does not hear it', async () => {
  const make = createLocalChannels();
  const heard: unknown[] = [];
  make('x').postMessage(1);
  make('x').onmessage = (event) => heard.push(event.data);
  await delivered();
  expect(heard).toEqual([]);
});

/** Long enough for every message posted so far: one posted now over a channel of the platform has arrived. */
async function delivered(): Promise<void> {
  const [from, to] = [new BroadcastChannel('delivered'), new BroadcastChannel('delivered')];
  await new Promise((resolve) => {
    to.onmessage = resolve;
    from.postMessage(null);
  });
  from.close();
  to.close();
}
