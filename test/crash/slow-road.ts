import type { Handler } from '../../demo/server/handler.ts';
import type { FakeLeadApi } from '../../src/testing.ts';
import type { Arrival } from './verdict.ts';

/** The way of a request to the server and of the answer back. Who dies meanwhile does not stop it. */
export interface SlowRoad {
  readonly handle: Handler;
  /** What arrived, in order. */
  readonly history: readonly Arrival[];
  /** Resolves when this many more PATCHes have set out. */
  setOut(count: number): Promise<void>;
  /** Requests that are on their way now arrive only after this many milliseconds: the sender was killed, they were not. */
  strand(milliseconds: number): void;
  /** Resolves when no request is on its way. */
  quiet(): Promise<void>;
}

// Milliseconds, one way.
const longestWay = 10;

/** Lets PATCHes travel for a few milliseconds, fails some with 503 and refuses those that ask for it. */
export function createSlowRoad(api: FakeLeadApi, random: () => number): SlowRoad {
  const history: Arrival[] = [];
  const marksOf = (id: string) => Object.keys(api.lead(id)?.summary ?? {});
  const onTheWay = new Map<() => void, NodeJS.Timeout>();
  let awaited = { count: 0, resolve: () => {} };
  let wasQuiet = () => {};

  const travel = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const arrive = () => {
        onTheWay.delete(arrive);
        resolve();
        if (!onTheWay.size) wasQuiet();
      };
      onTheWay.set(arrive, setTimeout(arrive, milliseconds));
    });

  return {
    history,
    setOut: (count) =>
      new Promise((resolve) => {
        awaited = { count, resolve };
      }),
    async handle(request) {
      const { method, url, headers } = request;
      const body = await request.text();
      if (method !== 'PATCH') return api.fetch(url, { method, headers });
      if (--awaited.count === 0) awaited.resolve();
      await travel(random() * longestWay);
      if (random() < 0.03) return new Response(null, { status: 503 });
      const patch = JSON.parse(body) as { properties?: { refuse?: unknown } }; // nobody but the library sends here
      if (patch.properties?.refuse !== undefined) return new Response('{"error":"refused"}', { status: 422 });
      const id = url.slice(url.lastIndexOf('/') + 1);
      const before = new Set(marksOf(id));
      // Applied before the next line: nothing else of this server runs in between.
      const answered = api.fetch(url, { method, headers, body });
      const marks = marksOf(id).filter((mark) => !before.has(mark));
      history.push({ leadId: id, last: String(api.lead(id)?.properties?.last), marks });
      const answer = await answered;
      await travel(random() * longestWay);
      return answer;
    },
    strand(milliseconds) {
      for (const [arrive, timer] of onTheWay) {
        clearTimeout(timer);
        onTheWay.set(arrive, setTimeout(arrive, milliseconds * random()));
      }
    },
    quiet: () =>
      new Promise((resolve) => {
        wasQuiet = resolve;
        if (!onTheWay.size) resolve();
      }),
  };
}
