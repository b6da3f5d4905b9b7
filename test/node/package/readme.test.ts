import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
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

/** A place beside the packages, so that what is put there finds them. */
function aFolder(): string {
  const folder = mkdtempSync(join('node_modules', '.readme-'));
  folders.push(folder);
  return folder;
}

/** Runs an example as a reader would paste it, with the library in place of its package. */
async function run(code: string): Promise<void> {
  const { outputFiles } = await build({
    stdin: { contents: code, loader: 'ts', resolveDir: '.' },
    alias: { leadbox: './src/index.ts', 'leadbox/testing': './src/testing.ts' },
    ...{ bundle: true, format: 'esm', platform: 'node', target: 'es2022', write: false },
    external: ['vitest', 'fake-indexeddb'],
  });
  const file = join(aFolder(), 'example.mjs');
  writeFileSync(file, outputFiles[0]?.contents ?? '');
  await import(/* @vite-ignore */ pathToFileURL(file).href);
}

/** Checks the types of files as the strictest of apps would, with the library in place of its package; resolves with what is wrong. */
async function typeErrors(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = aFolder();
  const config = {
    extends: '../../tsconfig.json',
    compilerOptions: {
      ...{ types: ['node'], jsx: 'react-jsx', allowJs: true, checkJs: true },
      paths: Object.fromEntries(
        ['index', 'react', 'service-worker', 'testing'].map((entry) => [
          entry === 'index' ? 'leadbox' : `leadbox/${entry}`,
          [`../../src/${entry}.ts`],
        ]),
      ),
    },
    files: Object.keys(files),
  };
  for (const [name, text] of Object.entries({ ...files, 'tsconfig.json': JSON.stringify(config) }))
    writeFileSync(join(folder, name), text);
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
  const outcome = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch((error) => error);
  return `${outcome.stdout}${outcome.stderr}`;
}

/** What the examples say of an app's own. */
const ofTheApp = `
  declare function show(lead: unknown, pending: number | undefined): void;
  declare const id: string;
  declare const leadbox: import('leadbox').Leadbox;
`;

describe('the README’s test of an app', async () => {
  await run(examples('ts').find((code) => code.includes('leadbox/testing')) ?? '');
});

describe('the README', () => {
  it('begins with an example that works as it stands', async () => {
    const leads = createSampleLeads(3).map((lead) => ({ ...lead, properties: { ...lead.properties, status: 'new' } }));
    const api = createFakeLeadApi({ leads });
    const shown: unknown[] = [];
    vi.stubGlobal('fetch', api.fetch);
    vi.stubGlobal('show', (lead: { properties?: { status?: string } } | undefined, pending: number | undefined) =>
      shown.push([lead?.properties?.status, pending]),
    );
    const said = new Promise((log) => vi.stubGlobal('console', { ...console, log }));
    await run(examples('ts')[0] ?? '');
    expect(await said).toBe('synced');
    expect(shown.at(-1)).toEqual(['qualified', 0]);
    expect(api.leads().filter((lead) => lead.properties?.status === 'qualified').length).toBeGreaterThan(0);
    expect(api.requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([
      { properties: { status: 'qualified' } },
    ]);
  });

  it('has examples whose types fit', async () => {
    const named = (language: string) =>
      examples(language).map((code, index) => [`example-${index + 1}.${language}`, code]);
    const files = Object.fromEntries(['ts', 'tsx', 'js'].flatMap(named));
    expect(Object.keys(files)).toHaveLength(6);
    expect(await typeErrors({ ...files, 'app.d.ts': ofTheApp })).toBe('');
    expect(await typeErrors({ 'wrong.ts': "import { createLeadbox } from 'leadbox';\ncreateLeadbox(1);" })).toContain(
      'TS2559',
    );
  });

  it('names the commands and the port that exist', () => {
    expect(readme).toContain('npm ci && npm start');
    expect(readme).toContain('npm ci && npm test');
    expect(readme).toContain('http://127.0.0.1:4173');
  });
});
