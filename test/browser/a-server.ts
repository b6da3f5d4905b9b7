import type { JsonObject, Lead } from '../../src/index.ts';
import type { Controls, LoggedRequest } from '../serve-api.ts';

/** The test's own server: the stand-in of the leads API over real HTTP, on the origin of the page. */
export interface TestServer {
  /** For the option of this name. */
  readonly baseUrl: string;
  /** What a redirect may lead to: an HTML page of this origin, and another origin that answers as the API would. */
  readonly signInPage: string;
  readonly elsewhere: string;
  /** Every request that arrived, whatever it was answered; oldest first. */
  requests(): Promise<readonly LoggedRequest[]>;
  /** The PATCHes among them. */
  patches(): Promise<readonly LoggedRequest[]>;
  lead(id: string): Promise<Lead | undefined>;
  /** The next `times` calls get this instead; `FakeLeadApi.next` says what each fault does. */
  next(fault: Controls['next']['fault'], times?: number): Promise<void>;
  /** Someone else's edit. */
  change(id: string, patch: JsonObject): Promise<void>;
  /** `offline`: nothing answers. `latency`: milliseconds from a request's arrival to its answer. */
  set(conditions: Controls['set']): Promise<void>;
}

export async function aServer(options: Controls['start']): Promise<TestServer> {
  const root = `/api/${crypto.randomUUID()}`;
  const ask = async (word: string, body?: unknown) => {
    const answer = await fetch(`${root}/control/${word}`, { method: 'POST', body: JSON.stringify(body ?? {}) });
    if (!answer.ok) throw new Error(`The test server refused ${word}: ${await answer.text()}`);
    return answer.json();
  };
  const tell = <W extends keyof Controls>(word: W, body: Controls[W]) => ask(word, body);
  const { elsewhere } = await tell('start', options);
  const server: TestServer = {
    baseUrl: `${root}/v1`,
    signInPage: `${root}/sign-in`,
    elsewhere,
    requests: () => ask('requests'),
    patches: async () => (await server.requests()).filter(({ method }) => method === 'PATCH'),
    lead: async (id) => ((await ask('leads')) as Lead[]).find((lead) => lead.id === id),
    next: (fault, times) => tell('next', { fault, ...(times === undefined ? {} : { times }) }),
    change: (id, patch) => tell('change', { id, patch }),
    set: (conditions) => tell('set', conditions),
  };
  return server;
}
