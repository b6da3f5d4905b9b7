import { createServer } from 'node:net';
import { preview } from 'vite';
import { inject } from 'vitest';
import { demoConfig } from '../../demo/server/demo-config.ts';

/** The built demo, served as `npm start` does. */
export interface RunningDemo {
  readonly url: string;
  readonly port: number;
  /** What was printed; it grows. */
  readonly log: readonly string[];
  /** The edits that reached the stand-in, in order. */
  edits(): Promise<readonly ReceivedEdit[]>;
  /** POST /demo/<action>, as the page does. */
  world(action: 'other-rep' | 'fault' | 'latency', body: object): Promise<Response>;
  close(): Promise<void>;
}

export interface ReceivedEdit {
  readonly leadId: string;
  readonly body: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** `env` as on the command line; without PORT a free one is used. */
export async function startDemo(env: Readonly<Record<string, string>> = {}): Promise<RunningDemo> {
  const port = Number(env.PORT ?? (await freePort()));
  const log: string[] = [];
  const write = (message: string) => void log.push(message);
  const { build, ...config } = demoConfig({ ...env, PORT: String(port) });
  const server = await preview({
    ...config,
    configFile: false,
    build: { ...build, outDir: inject('builtDemo') },
    customLogger: {
      ...{ info: write, warn: write, warnOnce: write, error: write, hasWarned: false },
      ...{ clearScreen: () => {}, hasErrorLogged: () => false },
    },
  });
  server.printUrls();
  const url = `http://127.0.0.1:${port}`;

  return {
    ...{ url, port, log },
    edits: async () => (await (await fetch(`${url}/demo/requests`)).json()) as ReceivedEdit[],
    world: (action, body) =>
      fetch(`${url}/demo/${action}`, { method: 'POST', headers: { Origin: url }, body: JSON.stringify(body) }),
    close: () => server.close(),
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
