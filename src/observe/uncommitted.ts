import type { Layer } from '../model/edit.ts';
import type { Lead } from '../model/lead.ts';
import { localView } from '../model/lead-change.ts';

/** Edits between the keystroke and the commit: layers over the stored views, so that nobody waits for the disk (R3). */
export interface Uncommitted {
  add(layer: Layer): void;
  remove(layers: readonly Layer[]): void;
  /** The lead with its layers on top; the same object if it has none. */
  over(lead: Lead): Lead;
  count(leadId: string): number;
}

export function createUncommitted(): Uncommitted {
  const layers = new Map<string, Layer[]>();
  return {
    add(layer) {
      layers.set(layer.leadId, [...(layers.get(layer.leadId) ?? []), layer]);
    },
    remove(gone) {
      for (const { leadId } of gone) {
        const kept = (layers.get(leadId) ?? []).filter((layer) => !gone.includes(layer));
        if (kept.length > 0) layers.set(leadId, kept);
        else layers.delete(leadId);
      }
    },
    over: (lead) =>
      localView(
        lead,
        (layers.get(lead.id) ?? []).map((layer) => layer.patch),
      ),
    count: (leadId) => layers.get(leadId)?.length ?? 0,
  };
}
