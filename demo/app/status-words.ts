import type { SyncStatus } from 'leadbox';

/** Where edits are: on this device, under way, on the server, or refused. */
export type Whereabouts = 'device' | 'way' | 'server' | 'parked';

export interface StatusWords {
  readonly whereabouts: Whereabouts;
  readonly text: string;
}

const reasons: Readonly<Record<NonNullable<SyncStatus['waitingFor']>, string>> = {
  network: 'waiting for a connection',
  retry: 'the server did not answer',
  'rate-limit': 'the server asked to wait',
  session: 'waiting for a sign-in',
  storage: 'this device’s storage fails',
  'sync-call': 'sent on request',
  update: 'reload the page for a newer version',
  decision: 'refused by the server',
  paused: 'sending is paused',
};

export function statusWords(status: SyncStatus | undefined): StatusWords {
  if (!status) return { whereabouts: 'server', text: 'Opening…' };
  if (status.state === 'synced') return { whereabouts: 'server', text: 'Everything is on the server' };
  if (status.state === 'closed') return { whereabouts: 'device', text: 'Closed' };
  if (status.state === 'syncing') return { whereabouts: 'way', text: `Sending ${edits(status.pending)}` };
  const reason = reasons[status.waitingFor ?? 'paused'];
  if (status.waitingFor === 'decision') return { whereabouts: 'parked', text: 'Everything else is on the server' };
  return { whereabouts: 'device', text: `${edits(status.pending)} saved here, ${reason}` };
}

/** The same without numbers, for reading aloud. */
export function spokenStatus(status: SyncStatus | undefined): string {
  if (!status) return '';
  const refused = status.parked > 0 ? ' Some edits were refused.' : '';
  if (status.pending === 0) return `All edits are on the server.${refused}`;
  if (status.state === 'syncing') return `Edits are being sent.${refused}`;
  return `Edits are saved on this device: ${reasons[status.waitingFor ?? 'paused']}.${refused}`;
}

export function edits(count: number): string {
  return count === 1 ? '1 edit' : `${count.toLocaleString('en')} edits`;
}
