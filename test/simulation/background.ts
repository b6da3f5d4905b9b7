import type { LeadboxOptions } from '../../src/index.ts';
import type { Device } from './device.ts';
import type { Library } from './library.ts';
import type { Tab } from './tab.ts';

/** The browser that wakes the service worker of a stay. */
export interface Background {
  /** It sends its worker a Background Sync event. */
  wake(): void;
  /** The same, when it likes to. */
  wakeSoon(milliseconds: number): void;
}

interface BackgroundHost {
  readonly library: Library;
  readonly device: () => Device;
  readonly newWorker: () => Tab;
  readonly optionsOf: (worker: Tab) => LeadboxOptions;
}

export function createBackground({ library, device, newWorker, optionsOf }: BackgroundHost): Background {
  let isWaking = false;
  const background: Background = {
    wakeSoon(milliseconds) {
      if (isWaking) return;
      isWaking = true;
      device().scheduler.after(undefined, 'browser', milliseconds, () => {
        isWaking = false;
        background.wake();
      });
    },
    wake() {
      const { workers, sending, scheduler, user } = device();
      if (workers.length || device().isOver) return;
      const worker = newWorker();
      // It tries at once whatever waits.
      sending.urged(worker);
      workers.push(worker);
      const ended = (isDone: boolean) => {
        if (worker.isDead) return;
        workers.splice(0);
        scheduler.trace.push(`${worker.label} ${isDone ? 'is done' : 'has to come back'}`);
        device().checkLeftOvers(worker);
        if (!isDone && !device().isHealed) background.wakeSoon(300_000);
      };
      const listen = (_type: string, heard: (event: object) => void) => {
        const waitUntil = (work: Promise<unknown>) =>
          void work.then(
            () => ended(true),
            () => ended(false),
          );
        scheduler.post(worker, 'browser', () => heard({ tag: `leadbox:${user.name}`, waitUntil }));
      };
      scheduler.as(worker, () => {
        library.replayOnSync({ addEventListener: listen }, { ...optionsOf(worker), names: [user.name] });
      });
    },
  };
  return background;
}
