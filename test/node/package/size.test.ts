import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { readme } from './readme.ts';

const dependencies = ['dexie', 'fast-json-patch', 'idb-keyval', 'immer', 'zod', 'react'];

/** Kilobytes (1,000 bytes) of an entry point, minified and gzipped as an app's bundler would. */
async function kilobytes(entry: string, external: readonly string[] = []): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from './src/${entry}.ts'`, resolveDir: '.' },
    ...{ bundle: true, minify: true, format: 'esm', target: 'es2022', write: false, external: [...external] },
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length / 1_000;
}

describe('the size of an entry point, minified and gzipped', () => {
  it.each([
    { entry: 'index', external: dependencies, limit: 33.0, says: /([\d.]+) kB of its own/ },
    { entry: 'index', external: [], limit: 80.2, says: /([\d.]+) kB with all five dependencies/ },
    { entry: 'react', external: dependencies, limit: 0.8, says: /`leadbox\/react`[^|]*\| ([\d.]+) kB/ },
  ])(
    '$entry without $external is at most $limit kB, and as the README says',
    async ({ entry, external, limit, says }) => {
      const size = await kilobytes(entry, external);
      expect(size).toBeLessThanOrEqual(limit);
      // Compressors of other versions differ by less.
      expect(Math.abs(Number(says.exec(readme)?.[1]) - size)).toBeLessThan(0.1);
    },
  );

  it('brings nothing of React, of the worker or of the testing entry point into the main one', async () => {
    const { metafile } = await build({
      ...{
        entryPoints: ['src/index.ts'],
        bundle: true,
        write: false,
        metafile: true,
        format: 'esm',
        external: dependencies,
      },
    });
    expect(Object.keys(metafile.inputs).filter((file) => /testing|react|worker/.test(file))).toEqual([]);
  });
});
