/** An answer before it becomes a response: its body is JSON. */
export interface ServerAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const refusals: Readonly<Record<number, readonly [error: string, message: string]>> = {
  400: ['bad_request', 'The request could not be read.'],
  401: ['unauthorized', 'The API key is missing, wrong or expired.'],
  403: ['forbidden', 'No access to this resource.'],
  404: ['not_found', 'No such lead.'],
  405: ['method_not_allowed', 'This method is not supported here.'],
  409: ['conflict', 'The lead was changed by someone else.'],
  410: ['gone', 'The lead was deleted.'],
  412: ['precondition_failed', 'The lead has changed since it was read.'],
  422: ['validation_error', 'The request is not valid.'],
  429: ['rate_limit_exceeded', 'Too many requests.'],
  500: ['internal_error', 'Something went wrong on the server.'],
  502: ['bad_gateway', 'The server got no valid answer from behind it.'],
  503: ['service_unavailable', 'The server is not available right now.'],
  504: ['gateway_timeout', 'The server got no answer from behind it in time.'],
};

/** A refusal in the API's form, with the status's usual words unless a message is given. */
export function refusal(status: number, message?: string): ServerAnswer {
  const [error, usual] = refusals[status] ?? [`status_${status}`, `The server answered ${status}.`];
  return { status, body: { error, message: message ?? usual } };
}

/** 429, asking for a wait of whole seconds. */
export function tooManyRequests(seconds: number): ServerAnswer {
  const message = `Rate limit exceeded. Try again in ${seconds} seconds.`;
  return {
    status: 429,
    body: { error: 'rate_limit_exceeded', message, retry_after: seconds },
    headers: { 'Retry-After': String(seconds) },
  };
}
