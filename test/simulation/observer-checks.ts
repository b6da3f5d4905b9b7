import type { Lead, Leadbox, SyncStatus } from '../../src/index.ts';
import type { Ledger } from './ledger.ts';
import type { Tab } from './tab.ts';

/** What the observers of a tab saw. */
export interface Watch {
  readonly tab: Tab;
  readonly leadbox: Leadbox;
  /** Numbers at each path, oldest first. */
  readonly seen: ReadonlyMap<string, readonly number[]>;
  /** The kinds of observers and the leads that must be shown. */
  readonly watched: ReadonlySet<string>;
  /** What is shown now, by the kind of observer and the lead. */
  readonly shown: ReadonlyMap<string, Lead | undefined>;
  readonly isStatusWatched: boolean;
  readonly status: () => SyncStatus | undefined;
}

/** Observes some of what a tab can show; `later` does something after a moment. */
export function watch(tab: Tab, leadIds: readonly string[], later: (run: () => void) => void): Watch {
  const { leadbox } = tab;
  const seen = new Map<string, number[]>();
  const watched = new Set<string>();
  const shown = new Map<string, Lead | undefined>();
  let status: SyncStatus | undefined;

  const see = (path: string, value: unknown) => {
    if (typeof value === 'number') {
      const values = seen.get(path) ?? [];
      if (values.at(-1) !== value) seen.set(path, [...values, value]);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) see(`${path}.${name}`, member);
    }
  };
  const show = (kind: string, id: string, lead: Lead | undefined) => {
    const key = `${kind} ${id}`;
    if (tab.isDead || (shown.has(key) && shown.get(key) === lead)) return;
    shown.set(key, lead);
    see(`${key} properties`, lead?.properties);
    see(`${key} location`, lead?.location);
  };
  // After an error an observable can be subscribed again: not at once, as a deleted database stays so.
  const again = (subscribe: () => void) => () =>
    later(() => {
      if (!tab.isDead && !tab.isClosed) subscribe();
    });
  const watchAll = () => {
    for (const id of leadIds) watched.add(`all ${id}`);
    leadbox.observeAll().subscribe({
      next: (leads) => {
        for (const id of leadIds) {
          const found = leads.find((lead) => lead.id === id);
          show('all', id, found);
        }
      },
      error: again(watchAll),
    });
  };
  const watchOne = (id: string) => {
    watched.add(`one ${id}`);
    leadbox.observe(id).subscribe({ next: (state) => show('one', id, state?.lead), error: again(() => watchOne(id)) });
  };
  const watchStatus = () => {
    leadbox.observeStatus().subscribe({
      next: (now) => {
        status = now;
      },
      error() {
        status = undefined;
        again(watchStatus)();
      },
    });
  };
  // Whoever is watched is read again at every change, which takes time.
  if (tab.dice.chance(0.4)) watchAll();
  for (const id of leadIds) if (tab.dice.chance(0.5)) watchOne(id);
  const isStatusWatched = tab.dice.chance(0.5);
  if (isStatusWatched) watchStatus();
  return { tab, leadbox, seen, watched, shown, isStatusWatched, status: () => status };
}

/** No observer saw an older value of its own tab come back (7). Refused edits go back, and that is right. */
export function checkWatches(watches: readonly Watch[], ledger: Ledger): void {
  const stays = new Map(
    ledger.edits.flatMap(({ value, leadbox, edit }) =>
      edit?.seq && !ledger.parked.has(edit.seq) && !ledger.turnedBack.has(edit.leadId)
        ? [[value, leadbox] as const]
        : [],
    ),
  );
  for (const { tab, leadbox, seen } of watches) {
    for (const [path, values] of seen) {
      const own = values.filter((value) => stays.get(value) === leadbox);
      const back = own.find((value, index) => value < (own[index - 1] ?? 0));
      if (back !== undefined) ledger.break(7, `${tab.label} saw ${back} come back at ${path}: ${values}`);
    }
  }
}
