export interface FakeResponse {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
  readonly isCut?: boolean;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds for which whoever reads it has to leave the server alone. */
  readonly wait?: number | undefined;
}

/** What the library looks at of a response. */
export function responseOf({ status, text, type = 'basic', isCut, headers }: FakeResponse): Response {
  const response: Pick<Response, 'ok' | 'status' | 'redirected' | 'headers' | 'text'> & { readonly type: string } = {
    ...{ status, type, redirected: false, ok: status >= 200 && status < 300 },
    headers: new Headers({ 'Content-Type': text.startsWith('<') ? 'text/html' : 'application/json', ...headers }),
    text: async () => {
      if (isCut) throw new TypeError('terminated');
      return text;
    },
  };
  return response as Response; // the parts that are used
}
