/** A request as it reached the server. */
export interface FakeLeadRequest {
  readonly method: string;
  /** As it was given to fetch. */
  readonly url: string;
  readonly headers: Headers;
  /** The body parsed as JSON, or as text where it is none; undefined without a body. */
  readonly body: unknown;
  /** The body's exact text; undefined without a body. */
  readonly text: string | undefined;
  /** When it arrived, in milliseconds since 1970 on the server's clock. */
  readonly at: number;
}

/** What fetch makes of its arguments, copied. With a body of text, or none, it is there without waiting. */
export function receive(url: string, init: RequestInit, now: () => number): FakeLeadRequest | Promise<FakeLeadRequest> {
  const given = init.body ?? undefined;
  const arrived = (text: string | undefined): FakeLeadRequest => ({
    method: normalized(init.method ?? 'GET'),
    url: String(url),
    headers: new Headers(init.headers),
    body: text === undefined ? undefined : parsedOrText(text),
    text,
    at: now(),
  });
  return given === undefined || typeof given === 'string' ? arrived(given) : new Response(given).text().then(arrived);
}

/** Fetch writes these in capitals and leaves other methods, 'patch' among them, as they were given. */
function normalized(method: string): string {
  return /^(delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method;
}

function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
