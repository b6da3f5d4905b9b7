import type { Layer } from '../model/edit.ts';
import type { Lead } from '../model/lead.ts';
import { localView } from '../model/lead-change.ts';

/**
 * Edits from the keystroke until every observer has read them back: layers over what was read, so that nobody waits for
 * the disk (R3) and no observer sees an older own value come back (R23). Commits of this tab are numbered; a read that
 * began after a commit contains it and needs its layers no more.
 */
export interface Layers {
  add(layer: Layer): void;
  /** These layers are stored: part of a commit, or nothing that changed anything. */
  commit(layers: readonly Layer[]): void;
  /** The number of the last commit: taken before a read begins, it says what the read contains. */
  now(): number;
  /** The leads with layers that a read does not contain. */
  leadIds(readAt: number): ReadonlySet<string>;
  /** The layers of a lead that a read does not contain. */
  missing(leadId: string, readAt: number): readonly Layer[];
  /** `lead`, as it was read, with those layers on top; the same object if there are none. */
  over(lead: Lead, readAt: number): Lead;
  /** Forgets the layers for which `isNeeded` no more says so; an uncommitted one always is. */
  forget(isNeeded: (leadId: string, commit: number) => boolean): void;
  takeBack(layer: Layer): void;
}

export function createLayers(): Layers {
  let commits = 0;
  let layers: { readonly layer: Layer; commit: number }[] = [];
  const missing = (leadId: string, readAt: number) =>
    layers.filter(({ layer, commit }) => layer.leadId === leadId && commit > readAt).map(({ layer }) => layer);
  return {
    add: (layer) => void layers.push({ layer, commit: Number.POSITIVE_INFINITY }),
    commit(stored) {
      commits++;
      for (const entry of layers) if (stored.includes(entry.layer)) entry.commit = commits;
    },
    now: () => commits,
    leadIds: (readAt) => new Set(layers.flatMap(({ layer, commit }) => (commit > readAt ? layer.leadId : []))),
    missing,
    over: (lead, readAt) =>
      localView(
        lead,
        missing(lead.id, readAt).map(({ patch }) => patch),
      ),
    forget(isNeeded) {
      layers = layers.filter(({ layer, commit }) => commit > commits || isNeeded(layer.leadId, commit));
    },
    takeBack(gone) {
      layers = layers.filter(({ layer }) => layer !== gone);
    },
  };
}
