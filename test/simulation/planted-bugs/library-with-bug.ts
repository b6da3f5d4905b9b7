import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { Library } from '../library.ts';
import type { PlantedBug, SourceChange } from './planted-bug.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * The library's source with a bug in it, bundled apart from it.
 * @throws Error if what a change looks for does not stand exactly once in its file.
 */
export async function libraryWithBug({ name, changes }: Pick<PlantedBug, 'name' | 'changes'>): Promise<Library> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['test/simulation/the-library.ts'],
    ...{ bundle: true, write: false, format: 'esm', platform: 'node', packages: 'external', logLevel: 'silent' },
    plugins: [
      {
        name: 'planted bug',
        setup({ onLoad }) {
          for (const file of new Set(changes.map((change) => change.file))) {
            onLoad({ filter: new RegExp(`/${file.replaceAll('.', '\\.')}$`) }, async ({ path }) => {
              const own = changes.filter((change) => change.file === file);
              return { contents: own.reduce(planted, await readFile(path, 'utf8')), loader: 'ts' };
            });
          }
        },
      },
    ],
  });
  // Beside the packages, so that it finds them.
  const folder = `${root}node_modules/.cache/leadbox-simulation`;
  const path = `${folder}/${name.replaceAll(' ', '-')}.mjs`;
  await mkdir(folder, { recursive: true });
  await writeFile(path, outputFiles[0]?.contents ?? '');
  // A new address for what may have changed since it was loaded; the entry point exports what a Library has.
  return (await import(/* @vite-ignore */ `${pathToFileURL(path).href}?${Date.now()}`)) as Library;
}

function planted(source: string, { file, find, replace }: SourceChange): string {
  const count = source.split(find).length - 1;
  if (count !== 1) throw new Error(`${file} has ${count} places like this, not one: ${find}`);
  return source.replace(find, () => replace);
}
