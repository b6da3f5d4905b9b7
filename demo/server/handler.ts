/** Answers a request. What it rejects with is an error of its own. */
export type Handler = (request: Request) => Response | Promise<Response>;

/** What stands behind the page: the leads API, and what only the demo has. */
export interface DemoServer {
  readonly api: Handler;
  readonly demo: Handler;
}
