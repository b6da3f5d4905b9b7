import type { Lead } from '../../src/index.ts';
import { jsonEqual, valueAt } from '../../src/model/json.ts';
import { asJson } from '../../src/model/lead.ts';
import type { Device } from './device.ts';
import { referencePatch } from './reference-merge.ts';

/** The server has every durable edit that was not refused, in order, and nothing else. */
export function checkServer({ ledger, server, mix, initial }: Device): void {
  const { applied, parked, discarded, yielded } = ledger;
  const isOut = (seq: number) => parked.has(seq) || discarded.has(seq) || yielded.has(seq);
  for (const seq of ledger.rows.keys()) {
    if (!applied.has(seq) && !isOut(seq)) ledger.break(1, `edit ${seq} never reached the server`);
  }
  for (const before of initial) {
    const { id } = before;
    const truth = server.lead(id);
    const rows = [...ledger.rows.values()].filter(({ leadId }) => leadId === id).sort((a, b) => a.seq - b.seq);
    // Put back with an edit that somebody discarded, or that was refused with another one: it is parked for all to see.
    const dropped = rows.filter(({ seq, isRepair }) => isRepair && (parked.has(seq) || discarded.has(seq)));
    for (const section of ['properties', 'location'] as const) {
      for (const [key, value] of ledger.cleared.has(`${id} ${section}`) ? [] : Object.entries(before[section] ?? {})) {
        // A decision about the whole section may take them out one by one.
        if (rows.some(({ patch, isRepair }) => isNamed(valueAt(patch, [section, key]), isRepair))) continue;
        if (ledger.contested.has(`${id} ${section}.${key}`) || key === 'theirs') continue;
        if (dropped.some(({ patch }) => valueAt(patch, [section, key]) !== undefined)) continue;
        if (typeof value === 'string' && truth[section]?.[key] !== value)
          ledger.break(2, `nobody removed ${key}, and the server has ${JSON.stringify(truth)}`);
      }
    }
    // Where others wrote the same, or a refused request may have been one that did it, the end is a matter of timing.
    const isContested = [...ledger.contested].some((place) => place.startsWith(id));
    // Made anew with one that is refused, whole sections are parked together, though some of them had arrived (R30).
    const { isReplacing, hasEtags, clashes } = mix.world;
    const mayBoth = isReplacing || hasEtags || clashes > 0;
    if (mayBoth && rows.some(({ seq }) => applied.has(seq) && parked.has(seq))) continue;
    if (isContested || dropped.length) continue;
    const { theirs } = truth.properties ?? {};
    const own = rows.filter(({ seq }) => !isOut(seq)).reduce((lead, { patch }) => referencePatch(lead, patch), before);
    const { updated_at } = truth;
    const expected = { ...(theirs === undefined ? own : referencePatch(own, { properties: { theirs } })), updated_at };
    if (!same(expected, truth))
      ledger.break(2, `the server has ${JSON.stringify(truth)} for ${JSON.stringify(expected)}`);
  }
}

function isNamed(value: unknown, isRepair = false): boolean {
  return value === null || (value !== undefined && !isRepair);
}

/** Of the tabs that lived on, every promise was kept (R40); and where it was not given, nothing was stored (R1). */
export function checkPromises({ ledger, tabs }: Device): void {
  const stored = [...ledger.rows.values()].map(({ patch }) => JSON.stringify(patch)).join();
  const { parked, discarded } = ledger;
  for (const { tab, leadbox, leadId, edit, error, outcome, value } of ledger.edits) {
    if (error && new RegExp(`[: ]${value}\\b`).test(stored)) ledger.break(1, `edit ${value} rejected and was stored`);
    if (!tabs.includes(tab) || leadbox !== tab.leadbox) continue;
    if (!edit && !error) ledger.break(1, `the promise of edit ${value} stays open`);
    const seq = edit?.seq ?? 0;
    // One that was parked and then dropped may have been told of either.
    const ends = [
      parked.has(seq) ? 'parked' : '',
      discarded.has(seq) || (ledger.askedFor.has(seq) && outcome === 'discarded') ? 'discarded' : '',
      // It gave way before it could be dropped.
      ledger.askedFor.has(seq) && ledger.decided.has(leadId) ? 'synced' : '',
    ].filter((end) => end);
    const expected = edit && (seq ? (ends.length ? ends : ['synced']) : ['unchanged']);
    if (expected && !expected.includes(outcome ?? ''))
      ledger.break(1, `edit ${seq} of ${tab.label} settled as ${outcome}, not ${expected}`);
  }
}

export function same(a: Lead | undefined, b: Lead | undefined): boolean {
  return !!a && !!b && jsonEqual(asJson(a), asJson(b));
}
