import type { Contender } from './contender.ts';

/** Each is loaded when its turn comes, so that a page holds the code of those it measures only. */
export const contenders = {
  raw: async (): Promise<Contender> => (await import('./raw.ts')).raw,
  dexie: async (): Promise<Contender> => (await import('./hand-dexie.ts')).handDexie,
  leadbox: async (): Promise<Contender> => (await import('./leadbox.ts')).leadbox,
  'raw, not frozen': async (): Promise<Contender> => (await import('./raw.ts')).unfrozen,
};

export type ContenderName = keyof typeof contenders;
