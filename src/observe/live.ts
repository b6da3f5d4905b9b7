import { coalesced } from '../model/coalesced.ts';
import type { Lead } from '../model/lead.ts';
import type { Layers } from './layers.ts';
import { createSource, type Later, type Observable } from './observable.ts';

/** What is watched: how it is read, and what its observers see of it. */
export interface Watchable<T> {
  /** Whether a change of this lead may change it. */
  concerns(leadId: string): boolean;
  /** Reads it again; of what it holds only these leads may have changed, if they are given. */
  read(changed: ReadonlySet<string> | undefined): Promise<void>;
  /** What was read, with the layers of `readAt` on top; what equals `previous` keeps its identity (R58). */
  view(readAt: number, previous: T | undefined): T;
  /** The lead as it is seen in the view, if it is. */
  find(view: T, leadId: string): Lead | undefined;
  /** Whether it also shows what is on its way. */
  readonly showsSending?: boolean;
  /** Of one lead that is watched for itself: its id, and its base. */
  readonly leadId?: string;
  base?(view: T): Lead | undefined;
}

/** Something watched, kept up to date for as long as it is. */
export interface Live {
  readonly showsSending: boolean;
  readonly leadId: string | undefined;
  concerns(leadId: string): boolean;
  find(leadId: string): Lead | undefined;
  base(): Lead | undefined;
  /** Layers of a lead changed: observers see it before this returns (R3, R68). */
  show(): void;
  /** These leads changed, in this tab or another; undefined: any may have. Resolves when observers know. */
  changed(leadIds: readonly string[] | undefined): Promise<void>;
  /** What it was read to contain: the number of a commit. */
  readAt(): number;
  end(): void;
}

/** Watches `what` while somebody observes the result; `lives` has those that are watched. */
export function observeLive<T>(what: Watchable<T>, layers: Layers, lives: Set<Live>, later: Later): Observable<T> {
  let readAt = 0;
  let isRead = false;
  let stale: Set<string> | undefined;

  const show = () => {
    if (isRead) source.next(what.view(readAt, source.latest?.value));
  };
  // One read after the other: each contains all that the one before it contained.
  const read = coalesced(async () => {
    const changed = stale;
    const now = layers.now();
    stale = new Set();
    try {
      await what.read(isRead ? changed : undefined);
      readAt = now;
      isRead = true;
      if (lives.has(live)) show();
      layers.forget((leadId, commit) => [...lives].some((other) => other.concerns(leadId) && other.readAt() < commit));
    } catch (error) {
      source.end({ error });
    }
  });

  const live: Live = {
    showsSending: what.showsSending === true,
    leadId: what.leadId,
    concerns: what.concerns,
    find: (leadId) => source.latest && what.find(source.latest.value, leadId),
    base: () => source.latest && what.base?.(source.latest.value),
    show,
    async changed(leadIds) {
      const concerned = leadIds?.filter(what.concerns);
      if (!concerned) stale = undefined;
      for (const leadId of concerned ?? []) stale?.add(leadId);
      if (concerned?.length !== 0) await read();
    },
    readAt: () => readAt,
    end: () => source.end(),
  };
  const source = createSource<T>((isWatched) => {
    if (!isWatched) return void lives.delete(live);
    lives.add(live);
    isRead = false;
    readAt = layers.now();
    void live.changed(undefined);
  }, later);
  return source;
}
