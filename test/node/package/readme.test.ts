import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import 'fake-indexeddb/auto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFakeLeadApi, createSampleLeads } from '../../../src/testing.ts';
import { examples, readme } from './readme.ts';

const folders: string[] = [];

afterEach(() => {
  vi.unstubAllGlobals();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Runs an example as a reader would paste it, with the library in place of its package. */
async function run(code: string): Promise<void> {
  const { outputFiles } = await build({
    stdin: { contents: code, loader: 'ts', resolveDir: '.' },
    alias: { leadbox: './src/index.ts' },
    ...{ bundle: true, format: 'esm', platform: 'node', target: 'es2022', write: false },
  });
  const folder = mkdtempSync(join('node_modules', '.readme-'));
  folders.push(folder);
  const file = join(folder, 'example.mjs');
  writeFileSync(file, outputFiles[0]?.contents ?? '');
  await import(/* @vite-ignore */ pathToFileURL(file).href);
}

describe('the README', () => {
  it('begins with an example that works as it stands', async () => {
    const leads = createSampleLeads(3).map((lead) => ({ ...lead, properties: { ...lead.properties, status: 'new' } }));
    const api = createFakeLeadApi({ leads });
    const shown: unknown[] = [];
    const said: unknown[] = [];
    vi.stubGlobal('fetch', api.fetch);
    vi.stubGlobal('show', (lead: { properties?: { status?: string } } | undefined, pending: number | undefined) =>
      shown.push([lead?.properties?.status, pending]),
    );
    vi.stubGlobal('console', { ...console, log: (word: unknown) => said.push(word) });
    await run(examples('ts')[0] ?? '');
    expect(said).toEqual(['synced']);
    expect(shown.at(-1)).toEqual(['qualified', 0]);
    expect(api.leads().filter((lead) => lead.properties?.status === 'qualified').length).toBeGreaterThan(0);
    expect(api.requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([
      { properties: { status: 'qualified' } },
    ]);
  });

  it('names the commands and the port that exist', () => {
    expect(readme).toContain('npm ci && npm start');
    expect(readme).toContain('npm ci && npm test');
    expect(readme).toContain('http://127.0.0.1:4173');
  });
});
