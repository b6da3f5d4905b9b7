import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { chromiumFlags } from '../device/start-chromium.ts';
import { findChromium } from '../find-chromium.mjs';

/**
 * A page of a Chromium with its profile on disk, driven over a pipe with as little of the DevTools protocol as will do:
 * nobody listens to its network, which would slow every request.
 */
export interface BenchBrowser {
  /** Loads it anew, and resolves when `ready`, an expression, is true. */
  load(url: string, ready: string): Promise<void>;
  /** The value of an expression, once its promise resolves. */
  evaluate<T>(expression: string): Promise<T>;
  /** Bytes of the page's heap after everything that can be collected was. */
  heap(): Promise<number>;
  close(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export async function startBenchBrowser(profile: string): Promise<BenchBrowser> {
  const pipes = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] as const;
  const flags = [...chromiumFlags, '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank'];
  const browser = spawn(findChromium() ?? 'chromium', flags, { stdio: [...pipes], detached: true });
  const exited = once(browser, 'exit');
  const { pid } = browser;
  if (pid === undefined) throw new Error('Chromium could not be started.');
  const end = () => process.kill(-pid, 'SIGKILL');
  // The group must not outlive a run that ends early.
  process.once('exit', end);

  const [, , , into, from] = browser.stdio as unknown as [null, null, null, Writable, Readable];
  const waiting = new Map<number, (message: Message) => void>();
  let sent = 0;
  let said = '';
  from.setEncoding('utf8').on('data', (chunk: string) => {
    const [last = '', ...rest] = `${said}${chunk}`.split('\0').reverse();
    said = last;
    for (const text of rest.reverse()) {
      const message = JSON.parse(text) as Message;
      waiting.get(message.id ?? 0)?.(message);
      waiting.delete(message.id ?? 0);
    }
  });
  const call = async (method: string, params: object, sessionId?: string) => {
    sent += 1;
    const id = sent;
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    into.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  };

  const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
  const inPage = (method: string, params: object = {}) => call(method, params, String(sessionId));

  const evaluate = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = await inPage('Runtime.evaluate', {
      ...{ expression, awaitPromise: true, returnByValue: true },
    });
    const failed = exceptionDetails as { text: string; exception?: { description?: string } } | undefined;
    if (failed) throw new Error(failed.exception?.description ?? failed.text);
    return (result as { value: T }).value;
  };

  return {
    evaluate,
    async load(url, ready) {
      await inPage('Page.navigate', { url: 'about:blank' });
      await inPage('Page.navigate', { url });
      while (!(await evaluate<boolean>(ready).catch(() => false))) await new Promise((again) => setTimeout(again, 20));
    },
    async heap() {
      for (let times = 0; times < 3; times += 1) await inPage('HeapProfiler.collectGarbage');
      const { usedSize } = await inPage('Runtime.getHeapUsage');
      return Number(usedSize);
    },
    async close() {
      process.off('exit', end);
      end();
      await exited;
    },
  };
}
