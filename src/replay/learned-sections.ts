import type { ReplayHost } from './replay-host.ts';
import type { Sections } from './turn.ts';

/** How the server treats sections: told, learned here, or learned before and remembered for this server (R31). */
export interface LearnedSections extends Sections {
  /** Whether it merges, as far as answers tell: then none decides what the next request is. */
  isLikelyMerging(): boolean;
  /** What is remembered now: another tab may have learned better. What could not be written here stays known here. */
  recall(replacing: readonly string[] | undefined): void;
  remember(): Promise<void>;
}

export function createSections({
  sections,
  baseUrl,
  memory,
}: Pick<ReplayHost, 'sections' | 'baseUrl' | 'memory'>): LearnedSections {
  const isAuto = sections === 'auto';
  let isReplacing = sections === 'replace';
  let isLikelyMerging = sections === 'merge';
  let servers: readonly string[] = [];
  return {
    isAuto,
    isWhole: () => isReplacing && sections !== 'merge',
    isUnsure: () => !isReplacing && isAuto,
    isLikelyMerging: () => isLikelyMerging && !isReplacing,
    learn(treatment) {
      isReplacing = treatment === 'replace';
      isLikelyMerging = !isReplacing;
    },
    sawMerging() {
      isLikelyMerging = true;
    },
    recall(stored = servers) {
      const isKnown = stored.includes(baseUrl);
      if (isAuto && isKnown !== servers.includes(baseUrl)) isReplacing = isKnown;
      servers = stored;
    },
    async remember() {
      if (!isAuto || isReplacing === servers.includes(baseUrl)) return;
      const others = servers.filter((url) => url !== baseUrl);
      const replacing = isReplacing ? [...others, baseUrl] : others;
      if (await memory.write({ replacing })) servers = replacing;
    },
  };
}
