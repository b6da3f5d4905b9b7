import type { LeadboxOptions } from '../../src/index.ts';
import type { Dice } from './dice.ts';
import type { Gate } from './gate.ts';
import type { Ledger } from './ledger.ts';
import type { Scheduler } from './scheduler.ts';
import type { SendingChecks } from './sending-checks.ts';
import type { Tab } from './tab.ts';
import { decision, type World } from './world.ts';

interface App {
  readonly world: World;
  readonly dice: Dice;
  readonly scheduler: Scheduler;
  readonly gate: Gate;
  readonly sending: SendingChecks;
  readonly ledger: Ledger;
}

/** What the app does when the library asks it: for a session, and about conflicts. */
export function appOptions(tab: Tab, { world, dice, scheduler, gate, sending, ledger }: App): LeadboxOptions {
  const signIn = () =>
    new Promise<void>((resolve, reject) => {
      scheduler.after(tab, 'app', dice.delay(), () => {
        const what = dice.weighted({ renewed: 6, rejects: 2, 'in vain': 1 });
        scheduler.trace.push(`sign-in ${tab.label} ${what}`);
        if (what === 'rejects') return reject(new Error('No session.'));
        if (what === 'renewed') gate.setSession(true);
        sending.signedIn(tab);
        resolve();
      });
    });
  const { policy } = world;
  const onConflict: LeadboxOptions['onConflict'] = (conflict) => {
    const { leadId, path } = conflict;
    const touched = path.slice(0, 2).join('.');
    // A section as a whole holds whatever others wrote in it.
    const isReal = [...ledger.contested].some((place) => place.startsWith(`${leadId} ${touched}`));
    // What an edit did that arrived and yet was parked, nobody can tell from what others did.
    const isOurs = [...ledger.parked].some((seq) => ledger.applied.has(seq) && ledger.rows.get(seq)?.leadId === leadId);
    if (!isReal && !isOurs && !tab.isDead)
      ledger.break(15, `${leadId} is said to conflict at ${path}: ${JSON.stringify(conflict)}`);
    ledger.turnedBack.add(leadId);
    ledger.decided.add(leadId);
    const key = JSON.stringify([leadId, path, conflict.mine]);
    ledger.givenUp.delete(key);
    const decided = policy ? decision(policy, dice, conflict) : 'mine';
    if (decided !== 'mine' && decided !== 'ask') ledger.givesWay.add(leadId);
    // Who takes edits back may bring it back, too.
    if (decided === 'theirs' && conflict.mine !== null && !world.hasSecondThoughts) ledger.givenUp.set(key, conflict);
    return decided;
  };
  return {
    ...(world.hasSessions && world.renews ? { onUnauthorized: signIn } : {}),
    ...(policy || world.hasEtags || world.isReplacing || world.clashes ? { onConflict } : {}),
  };
}
