import type { SyncStatus } from 'leadbox';

/** Where edits are: on this device, under way, on the server, or refused. */
export type Whereabouts = 'device' | 'way' | 'server' | 'parked';

export interface StatusWords {
  readonly whereabouts: Whereabouts;
  readonly text: string;
}

const reasons: Readonly<Record<NonNullable<SyncStatus['waitingFor']>, string>> = {
  network: 'for a connection',
  retry: 'for the server to answer',
  'rate-limit': 'because the server asked for a pause',
  session: 'for you to sign in again',
  storage: 'for storage that works',
  'sync-call': 'to be sent on request',
  update: 'for a reload of this page',
  decision: 'for a decision',
  paused: 'to go on',
};

export function statusWords(status: SyncStatus | undefined): StatusWords {
  if (!status) return { whereabouts: 'server', text: 'Opening…' };
  if (status.state === 'synced') return { whereabouts: 'server', text: 'Everything is on the server' };
  if (status.state === 'closed') return { whereabouts: 'device', text: 'Closed' };
  if (status.state === 'syncing') return { whereabouts: 'way', text: `Sending ${edits(status.pending)}` };
  const reason = reasons[status.waitingFor ?? 'paused'];
  if (status.waitingFor === 'decision') return { whereabouts: 'server', text: 'Everything else is on the server' };
  return {
    whereabouts: 'device',
    text: `${edits(status.pending)} ${status.pending === 1 ? 'waits' : 'wait'} ${reason}`,
  };
}

/** The same without numbers, for reading aloud. */
export function spokenStatus(status: SyncStatus | undefined): string {
  if (!status) return '';
  const refused = status.parked > 0 ? ' Some edits need your decision.' : '';
  if (status.pending === 0) return `All edits are on the server.${refused}`;
  if (status.state === 'syncing') return `Edits are being sent.${refused}`;
  return `Edits are saved on this device and wait ${reasons[status.waitingFor ?? 'paused']}.${refused}`;
}

export function edits(count: number): string {
  return count === 1 ? '1 edit' : `${count.toLocaleString('en')} edits`;
}
