import type { Lead } from '../../src/index.ts';
import { someLeads } from '../builders/a-lead.ts';
import { chaos } from './chaos.ts';
import { depart } from './departures.ts';
import { createDevice, type Device } from './device.ts';
import { createDice } from './dice.ts';
import { heal } from './heal.ts';
import type { Invariant } from './ledger.ts';
import type { Library } from './library.ts';
import { drawMix, type Mix } from './mix.ts';
import { createPlace } from './place.ts';
import { silence } from './silence.ts';
import { inWorld } from './world.ts';

/** What came of one seed. */
export interface Life {
  readonly seed: number;
  readonly broken: { readonly invariant: Invariant; readonly message: string } | undefined;
  /** Every task, request, answer and commit, in order. */
  readonly trace: readonly string[];
  readonly mix: Mix;
  readonly device: Device;
}

/** Lives one life: chaos, then everything works again and has to come to rest. The same seed gives the same life. */
export async function simulate(seed: number, library: Library, change: Partial<Mix> = {}): Promise<Life> {
  const drawn = inWorld(drawMix(createDice(seed, 0)), createDice(seed, 6));
  const mix = { ...drawn, departs: createDice(seed, 11).chance(0.25), ...change };
  const leads = mix.world.isReplacing && createDice(seed, 12).chance(0.6) ? nested(mix.leads) : someLeads(mix.leads);
  const place = createPlace(seed);
  const stay = { place, user: { name: 'life', label: '' }, seed, mix, library, leads };
  const device = createDevice(stay);
  const { scheduler, verdict } = place;
  const endSilence = silence((said) => {
    if ((scheduler.current() as { readonly isDead?: boolean } | undefined)?.isDead) return; // its owners are tabs
    verdict.break(12, said);
  });
  try {
    device.storageFaults = 0;
    const first = await device.open();
    await scheduler.perform(first, () => void first.leadbox.load(leads));
    await scheduler.run({});
    while (device.tabs.length < mix.tabs) await device.open();
    await chaos(device, mix);
    const stays = mix.departs && !verdict.broken ? await depart(device, stay, mix) : [device];
    if (mix.departs && !verdict.broken) await chaos(stays[0] ?? device, { ...mix, steps: 10 });
    for (const one of stays) if (!verdict.broken) await heal(one);
  } finally {
    scheduler.end();
    endSilence();
  }
  return { seed, broken: verdict.broken, trace: scheduler.trace, mix, device };
}

/** Members where users write, with others beside them that a server which replaces takes away, at every depth. */
function nested(count: number): Lead[] {
  return someLeads(count).map((lead) => ({
    ...lead,
    properties: { ...lead.properties, a: { kept: 'a', x: { kept: 'x' } }, b: { kept: 'b' } },
    location: { ...lead.location, a: { kept: 'a' } },
  }));
}
