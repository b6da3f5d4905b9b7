import type { Contenders } from './contender.ts';

export const contenders: Contenders = {
  raw: async () => (await import('./raw.ts')).raw,
  dexie: async () => (await import('./hand-dexie.ts')).handDexie,
  leadbox: async () => (await import('./leadbox.ts')).leadbox,
  'raw, not frozen': async () => (await import('./raw.ts')).unfrozen,
};
