import { type ReplayOnSyncOptions, replayOnSync } from '../../src/service-worker.ts';
import type { Device } from './a-leadbox.ts';

/** A service worker on a device, which waits for the browser to wake it. */
export interface Worker {
  /** A Background Sync event; what the worker told the browser to wait for, undefined if it ignored the event. */
  sync(tag?: string): Promise<unknown> | undefined;
  /** The kinds of events it handles. */
  readonly handles: readonly string[];
}

type Listener = (event: { readonly tag: string; waitUntil(work: Promise<unknown>): void }) => void;

export function aWorker(device: Device, options: Partial<ReplayOnSyncOptions> = {}): Worker {
  const listeners: Listener[] = [];
  const handles: string[] = [];
  const scope = {
    addEventListener(type: string, listener: Listener) {
      handles.push(type);
      listeners.push(listener);
    },
  };
  const environment = { ...device.environment, ...options.environment };
  replayOnSync(scope, { names: ['leadbox'], ...options, environment });
  return {
    handles,
    sync(tag = 'leadbox:leadbox') {
      let work: Promise<unknown> | undefined;
      for (const listener of listeners) {
        listener({
          tag,
          waitUntil(given) {
            work = given;
          },
        });
      }
      return work;
    },
  };
}
