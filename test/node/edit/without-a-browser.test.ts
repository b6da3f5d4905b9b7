import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'vite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLeadbox, type Leadbox } from '../../../src/index.ts';
import { aLead, leadId } from '../../builders/a-lead.ts';

const id = leadId(0);

// This project runs in Node, which has neither IndexedDB, nor locks, nor a document: just a server's situation.
describe('R56 on a server', () => {
  it('creating a leadbox does nothing', async () => {
    const had = ['indexedDB', 'IDBKeyRange', 'document', 'window', 'localStorage'].filter((name) => name in globalThis);
    expect(had).toEqual([]);
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const fetch = vi.spyOn(globalThis, 'fetch');
    const Channel = vi.spyOn(globalThis, 'BroadcastChannel');
    const output = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'log'), vi.spyOn(console, 'error')];
    onTestFinished(() => void vi.restoreAllMocks());
    const leadbox = createLeadbox();
    await new Promise((resolve) => setImmediate(resolve));
    for (const spy of [timers, fetch, Channel, ...output]) expect(spy).not.toHaveBeenCalled();
    await leadbox.close();
  });

  it('importing prints nothing, throws nothing and keeps no process alive', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'leadbox-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    await build({
      ...{ configFile: false, logLevel: 'silent', ssr: { noExternal: true } },
      build: { ssr: fileURLToPath(new URL('../../../src/index.ts', import.meta.url)), outDir: directory },
    });
    const program = `
      import { createLeadbox } from './index.js';
      const leadbox = createLeadbox();
      leadbox.edit('${id}', () => {}).catch(({ code }) => console.log(code));`;
    await writeFile(join(directory, 'program.mjs'), program);
    await writeFile(join(directory, 'package.json'), '{"type":"module"}');
    // It rejects unless the process ends by itself and in good order.
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(directory, 'program.mjs')], {
      timeout: 10_000,
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'storage-unavailable\n', stderr: '' });
  }, 20_000);

  it.each<[string, (leadbox: Leadbox) => Promise<unknown>]>([
    ['load', (leadbox) => leadbox.load([aLead()])],
    ['get', (leadbox) => leadbox.get(id)],
    ['find', (leadbox) => leadbox.find()],
    [
      'edit',
      (leadbox) =>
        leadbox.edit(id, (draft) => {
          draft.properties.a = 1;
        }),
    ],
    ['patch', (leadbox) => leadbox.patch(id, { properties: { a: 1 } })],
    ['outbox.pending', (leadbox) => leadbox.outbox.pending()],
    ['outbox.parked', (leadbox) => leadbox.outbox.parked()],
    ['status', (leadbox) => leadbox.status()],
  ])('R51 the first call says that there is no storage: %s', async (_, call) => {
    const leadbox = createLeadbox();
    await expect(call(leadbox)).rejects.toMatchObject({ code: 'storage-unavailable' });
    await leadbox.close();
  });

  it('R51 observers are told, too, and can subscribe again', async () => {
    const leadbox = createLeadbox();
    for (const observable of [leadbox.observe(id), leadbox.observeAll(), leadbox.observeStatus()]) {
      for (let time = 0; time < 2; time += 1) {
        const error = await new Promise((resolve) => observable.subscribe({ error: resolve }));
        expect(error).toMatchObject({ code: 'storage-unavailable' });
      }
    }
    await leadbox.close();
  });
});

it('R51 where the browser forbids even to ask for storage, creating a leadbox works and the first call says so', async () => {
  vi.stubGlobal('navigator', Object.defineProperty({}, 'serviceWorker', { get: forbidden }));
  Object.defineProperty(globalThis, 'indexedDB', { configurable: true, get: forbidden });
  onTestFinished(() => {
    vi.unstubAllGlobals();
    Reflect.deleteProperty(globalThis, 'indexedDB');
  });
  const leadbox = createLeadbox();
  await expect(leadbox.get(id)).rejects.toMatchObject({ code: 'storage-unavailable' });
  await leadbox.close();
});

it('R51 so it is where only the channel between tabs is forbidden', async () => {
  const leadbox = createLeadbox({
    environment: {
      indexedDB: { open: forbidden } as unknown as IDBFactory,
      channel: forbidden,
    },
  });
  await expect(leadbox.get(id)).rejects.toMatchObject({ code: 'storage-unavailable' });
  await leadbox.close();
});

function forbidden(): never {
  throw new DOMException('The operation is insecure.', 'SecurityError');
}
