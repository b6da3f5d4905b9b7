const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Whether a request comes from the demo's own page, or for reading also from no page at all. The server acts with a key
 * that the sender does not have, so a page of another site must not make it act.
 */
export function isSameOrigin(request: Request): boolean {
  const { hostname, origin } = new URL(request.url);
  // A foreign name that was pointed at this machine is a foreign page.
  if (!loopback.has(hostname)) return false;
  const site = request.headers.get('Sec-Fetch-Site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return false;
  const from = request.headers.get('Origin');
  // Browsers name the origin with everything that is not reading.
  return from === origin || (from === null && request.method === 'GET');
}
