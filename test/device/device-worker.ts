import { replayOnSync } from '../../src/service-worker.ts';

// An app's own worker, and what a test wants to know of it: every promise that it made to the browser, and how it ended.
const report = (word: string) => fetch(`/api/reports/${word}`, { method: 'POST' });

interface Extendable {
  waitUntil(work: Promise<unknown>): void;
}
const scope = globalThis as unknown as EventTarget & { readonly ExtendableEvent: { readonly prototype: Extendable } }; // a worker's
const { prototype } = scope.ExtendableEvent;
const { waitUntil } = prototype;
prototype.waitUntil = function (work) {
  const reported = work.then(
    () => report('done'),
    (error: { code?: string }) => report(`rejected:${error.code}`),
  );
  waitUntil.call(this, work);
  waitUntil.call(this, reported);
};

const handled: string[] = [];
const { addEventListener } = scope;
scope.addEventListener = (type: string, ...rest: readonly unknown[]) => {
  handled.push(type);
  Reflect.apply(addEventListener, scope, [type, ...rest]);
};

replayOnSync(globalThis, { names: ['leads', 'other'], retry: { minDelay: 20, maxDelay: 100 } });
void report(`handles:${handled.join()}`);
