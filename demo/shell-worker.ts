/**
 * Keeps the page itself on the device, so that it opens without a network: index.html and the files it names. Leads are
 * none of its business; whatever is under /api or /demo goes to the network as if there were no worker.
 */

// The types of a worker and of a page cannot be in one program; these are the parts used here.
interface WorkerEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends WorkerEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface Worker {
  addEventListener(type: 'install' | 'activate', listener: (event: WorkerEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  readonly clients: { claim(): Promise<void> };
  readonly location: Location;
  skipWaiting(): Promise<void>;
}
const worker = self as unknown as Worker; // as it is in a service worker

const shell = 'leadbox-demo-shell';
const page = '/';
const patience = 3_000; // milliseconds until a slow network counts as none

worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('fetch', (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin !== worker.location.origin || event.request.method !== 'GET' || /^\/(api|demo)(\/|$)/.test(pathname))
    return;
  if (event.request.mode === 'navigate') event.respondWith(openPage(event));
  else if (pathname.startsWith('/assets/')) event.respondWith(openFile(event.request));
});

async function install(): Promise<void> {
  await keepPage(await fetch(page, { cache: 'no-cache' }));
  await worker.skipWaiting();
}

/** The newest page there is: the network's, or where that is missing or slow the one kept here. */
async function openPage(event: FetchEvent): Promise<Response> {
  const fresh = fetch(page, { cache: 'no-cache' });
  event.waitUntil(fresh.then((response) => keepPage(response.clone())).catch(() => {})); // then the one kept stays
  const kept = await caches.match(page, { cacheName: shell });
  if (!kept) return fresh;
  const slow = new Promise<Response>((resolve) => setTimeout(() => resolve(kept), patience));
  return Promise.race([fresh.then((response) => (response.ok ? response : kept)).catch(() => kept), slow]);
}

/** Files are named after their contents, so that a kept one is never old. */
async function openFile(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName: shell })) ?? fetch(request);
}

/** Keeps a page once every file that it names is kept, and drops the files of earlier ones. */
async function keepPage(response: Response): Promise<void> {
  const text = await response.clone().text();
  // A network that asks for a sign-in answers with a page of its own.
  if (!response.ok || response.redirected || !text.includes('id="leadbox-demo"')) return;
  const files = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].flatMap(([, file]) => file ?? []);
  const cache = await caches.open(shell);
  const missing = await Promise.all(files.map(async (file) => ((await cache.match(file)) ? [] : [file])));
  await cache.addAll(missing.flat());
  await cache.put(page, response);
  const needed = new Set([page, ...files]);
  for (const request of await cache.keys()) {
    if (!needed.has(new URL(request.url).pathname)) await cache.delete(request);
  }
}
