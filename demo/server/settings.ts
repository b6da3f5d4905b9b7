export interface Settings {
  readonly port: number;
  /** How many leads the stand-in invents. */
  readonly leads: number;
  /** undefined: the stand-in answers. */
  readonly upstream: { readonly url: string; readonly key: string } | undefined;
}

/**
 * PORT (4173), LEADS (300), ORWEL_API_KEY (none: a stand-in answers) and ORWEL_API_URL, whose default is the service.
 * @throws Error for a value that cannot be used, without quoting a key.
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const key = env.ORWEL_API_KEY?.trim();
  return {
    port: wholeNumber('PORT', env.PORT ?? '4173', 65_535),
    leads: wholeNumber('LEADS', env.LEADS ?? '300', 100_000),
    upstream: key
      ? { key: checkedKey(key), url: checkedUrl(env.ORWEL_API_URL ?? 'https://api.orwel.io/api/v1') }
      : undefined,
  };
}

function wholeNumber(name: string, text: string, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= most) return number;
  throw new Error(`${name} must be a whole number from 0 to ${most}.`);
}

function checkedKey(key: string): string {
  // Checked here because fetch would quote it in its own error.
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new Error('ORWEL_API_KEY holds characters that a header cannot carry.');
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '') return text.replace(/\/+$/, '');
  throw new Error('ORWEL_API_URL must be an http(s) address without query.');
}
