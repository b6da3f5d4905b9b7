import type { Leadbox } from '../../src/index.ts';
import type { Dice } from './dice.ts';
import type { FakeConnection, FakeTransaction } from './fake-internals.ts';
import type { Owner } from './scheduler.ts';

export type LifecycleChange = 'visible' | 'hidden' | 'frozen' | 'resumed';

/** One page, or a worker: its leadbox, and what of the platform it holds. */
export interface Tab extends Owner {
  readonly index: number;
  isFrozen: boolean;
  /** Its process was killed: what its code still does reaches nobody. */
  isDead: boolean;
  /** It dies with its next commit, before it learns of it. */
  diesAtCommit: boolean;
  isClosed: boolean;
  isVisible: boolean;
  leadbox: Leadbox;
  readonly dice: Dice;
  readonly connections: Set<FakeConnection>;
  /** Databases that it asked for and that are not open yet. */
  readonly opening: Set<IDBOpenDBRequest>;
  readonly transactions: Set<FakeTransaction>;
  /** Edits on their way into its storage; none of them rejects. */
  readonly storing: Set<Promise<unknown>>;
  /** What the page listens to. */
  readonly lifecycle: Set<(to: LifecycleChange) => void>;
  readonly connectivity: Set<() => void>;
  /** Frees what dies with the page: locks, channels. */
  readonly ends: Set<() => void>;
}

/** Notes an edit until it is stored or refused. */
export function noteStoring({ storing }: Tab, edit: Promise<unknown>): void {
  const end = () => void storing.delete(over);
  const over: Promise<unknown> = edit.then(end, end);
  storing.add(over);
}
