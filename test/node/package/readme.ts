import { readFileSync } from 'node:fs';

/** The README, as a reader gets it. */
export const readme: string = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

/** Its examples in a language, in order. */
export function examples(language: string): readonly string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    (match) => match[1] ?? '',
  );
}
