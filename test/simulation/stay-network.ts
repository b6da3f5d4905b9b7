import type { Device } from './device.ts';
import type { Dice } from './dice.ts';
import type { Mix } from './mix.ts';
import { createNetwork, type Network, type NetworkRequest } from './network.ts';
import { secret } from './place.ts';

/** Milliseconds for one request. */
export const timeout = 30_000;
const travelTime = 5_000;

interface StayNetworkHost
  extends Pick<Device, 'scheduler' | 'server' | 'storage' | 'sending' | 'ledger' | 'mix' | 'user' | 'initial'> {
  readonly device: () => Device;
  readonly networkDice: Dice;
  readonly killDice: Dice;
  /** The weather. */
  readonly fates: () => Mix['fates'];
}

/** The network between the pages of a stay and its server: what it knows of requests, and whom it tells of them. */
export function createStayNetwork(host: StayNetworkHost): Network {
  const { scheduler, server, storage, sending, ledger, mix, user, initial, device, networkDice, killDice } = host;
  return createNetwork({
    ...{ scheduler, server, dice: networkDice, timeout },
    fateOf: () => (device().isHealed ? 'answered' : networkDice.weighted(host.fates())),
    delayOf: () => (device().isHealed ? networkDice.between(1, 50) : networkDice.delay()),
    requestOf(tab, url, init): NetworkRequest {
      const { method = 'GET', body, headers } = init;
      const leadId = url.slice(url.lastIndexOf('/') + 1);
      const batch = storage.stored.bases.find(({ id }) => id === leadId)?.batch;
      // What the device takes for over must be over: it counts from when the batch was frozen.
      const left = method === 'PATCH' && batch ? batch.arrivesUntil - device().now() : timeout;
      const key = new Headers(headers).get('Idempotency-Key') ?? undefined;
      const text = typeof body === 'string' ? body : undefined;
      const ifMatch = new Headers(headers).get('If-Match') ?? undefined;
      const isOwn = new Headers(headers).get('Authorization') === `Bearer ${secret}-of-${user.name}`;
      if (!isOwn || !initial.some(({ id }) => id === leadId))
        ledger.break(11, `${tab.label} asked for ${leadId}, which is none of ${user.name}`);
      return { tab, method, leadId, text, key, ifMatch, journey: Math.max(1, Math.min(left, timeout + travelTime)) };
    },
    onSent: (passage) => sending.sent(passage),
    onApplied(passage) {
      scheduler.trace.push(`applied ${passage.leadId.slice(-1)} ${passage.text}`);
      sending.applied(passage);
      // What it removed has to be put back even if the page dies as soon as it knows.
      if (mix.world.isReplacing && !mix.isOrderly && !device().isHealed && killDice.chance(0.25))
        passage.tab.diesAtCommit = !passage.tab.isDead;
    },
    onAnswered(passage, status, isDefinite) {
      scheduler.trace.push(`answered ${passage.tab.label} ${passage.leadId.slice(-1)} ${status}`);
      if (!passage.tab.isDead) sending.answered(passage, status, isDefinite);
    },
  });
}
