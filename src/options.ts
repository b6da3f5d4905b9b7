import { createEnvironment, type Environment } from './environment.ts';
import type { Conflict, Resolution } from './model/edit.ts';
import { type OpenSections, type SectionSchemas, sectionNames } from './model/lead.ts';
import { LeadboxError } from './model/leadbox-error.ts';
import type { RetryBounds } from './model/replay-state.ts';
import type { LeadboxEvent } from './model/status.ts';

export interface LeadboxOptions<S extends SectionSchemas = OpenSections> {
  /**
   * Database name. Use one per signed-in user and workspace: two names never see each other's leads or edits.
   * Default 'leadbox'.
   */
  name?: string;
  /** Root of the API; leads are at `${baseUrl}/leads/<id>`. Default '/api/v1', on the app's own origin. */
  baseUrl?: string | URL;
  /** Extra headers, asked for again before every attempt. Never stored. */
  headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>);
  /** As fetch takes it. Default 'same-origin'. */
  credentials?: RequestCredentials;
  /** Zod schemas (zod or zod/mini) for the sections: they type the lead and refuse a bad edit before it is queued. */
  schemas?: S;
  /**
   * Extra indexes for `find`, e.g. ['properties.status', 'updated_at']. More can be added with any release; tabs that run
   * the one before are told 'update-required'. Default none.
   */
  indexes?: readonly string[];
  /**
   * 'per-lead' (default): each lead's edits in order, the lead with the oldest edit first. 'strict': one global order,
   * nothing overtakes.
   */
  ordering?: 'per-lead' | 'strict';
  /** Leads in flight at once, at least 1; only with 'per-lead'. Default 1. */
  concurrency?: number;
  /** Send a lead's waiting edits as one PATCH where that is exactly equivalent. Default true. */
  coalesce?: boolean;
  /**
   * Called once per expired session, whatever the number of requests that met it; resolve when new credentials are in
   * place. If it rejects, or the server says 401 again, nothing is sent until `resume()` or a new leadbox. It is asked in the
   * tab that met the 401; where that was a service worker, or a tab that is gone, `status()` says so, and `resume()` goes on.
   * A `sync()` in it resolves before the session is back.
   */
  onUnauthorized?: () => void | Promise<void>;
  /**
   * What a PATCH does to a section: 'merge' leaves alone what it does not name, 'replace' removes it. 'auto' (default)
   * starts with 'merge', puts back what the first answer shows to be removed, and goes on with 'replace'.
   */
  sections?: 'auto' | 'merge' | 'replace';
  /** GET the lead before each PATCH and merge three ways. Default false; always while sections are replaced. */
  checkBeforeSend?: boolean;
  /**
   * Decides a path that both sides changed. Default: mine. 'ask' parks the edit with the three values, and so does a
   * function that throws or gives something else. May be asked more than once about the same path.
   */
  onConflict?: (conflict: Conflict) => Resolution;
  /** Send If-Match where the server gave an ETag. Default: only to the page's own origin, as it needs CORS permission. */
  preconditions?: boolean;
  /** Name of an idempotency header to send, e.g. 'Idempotency-Key'. Off by default: it needs CORS permission. */
  idempotencyHeader?: string;
  /** Milliseconds for one request, body included. Default 30_000. */
  timeout?: number;
  /** Backoff bounds in milliseconds. Default { minDelay: 1_000, maxDelay: 60_000 }. */
  retry?: { minDelay?: number; maxDelay?: number };
  /** Share of the server's rate limit left to the rest of the app, 0 to 1. Default 0.05. */
  rateLimitReserve?: number;
  /** Ask the browser, at the first edit of each page, to keep this storage when the device runs low. Default true. */
  persist?: boolean;
  /** Edits older than this, in milliseconds, are parked as 'stale' unless they were sent before. Default 30 days. */
  maxAge?: number;
  /** 'strict' (default): a resolved edit survives a power cut. 'relaxed': it survives a crash of the tab or the browser. */
  durability?: 'strict' | 'relaxed';
  /** false: nothing is sent until `sync()`. Default true. */
  autoSync?: boolean;
  /** Told what happened, without lead contents. Default: warnings go to `environment.warn`, once each. */
  onEvent?: (event: LeadboxEvent) => void;
  /** The platform, for tests and unusual hosts. Default: the browser's. */
  environment?: Partial<Environment>;
}

type Optional = 'onEvent' | 'onUnauthorized' | 'onConflict' | 'preconditions' | 'idempotencyHeader' | 'headers';

/** The options with their defaults. */
export interface Settings
  extends Required<Omit<LeadboxOptions<SectionSchemas>, Optional | 'baseUrl'>>,
    Pick<LeadboxOptions, Optional> {
  readonly baseUrl: string;
  readonly environment: Environment;
  readonly retry: RetryBounds;
}

type Demand = readonly [option: string, isMet: boolean, expected: string];

// A token of RFC 9110.
const isHeaderName = /^[\w!#$%&'*+.^`|~-]+$/;

// The longest a timer can run; a longer one would fire at once.
const longestTimer = 2 ** 31 - 1;

/** @throws LeadboxError 'invalid-option' with the option's name. */
export function createSettings(options: LeadboxOptions<SectionSchemas>): Settings {
  const given = (some?: object) =>
    Object.fromEntries(Object.entries(some ?? {}).filter(([, value]) => value !== undefined));
  const settings: Settings = {
    name: 'leadbox',
    credentials: 'same-origin',
    schemas: {},
    indexes: [],
    ordering: 'per-lead',
    concurrency: 1,
    coalesce: true,
    sections: 'auto',
    checkBeforeSend: false,
    timeout: 30_000,
    persist: true,
    rateLimitReserve: 0.05,
    maxAge: 30 * 24 * 3_600_000,
    durability: 'strict',
    autoSync: true,
    ...given(options),
    baseUrl: `${options.baseUrl ?? '/api/v1'}`.replace(/\/+$/, ''),
    retry: { minDelay: 1_000, maxDelay: 60_000, ...given(options.retry) },
    environment: createEnvironment(options.environment),
  };
  const { baseUrl, headers, ordering, concurrency, retry, indexes, schemas } = settings;
  const isNumber = (value: unknown, least: number, most = Number.POSITIVE_INFINITY) =>
    typeof value === 'number' && value >= least && value <= most;
  const isDelay = (value: unknown, least = 1) => isNumber(value, least, longestTimer);
  const isOneOf = (value: unknown, ...values: readonly unknown[]) => values.includes(value);
  const demands: readonly Demand[] = [
    ['name', typeof settings.name === 'string' && settings.name !== '', 'a text'],
    ['baseUrl', isBaseUrl(baseUrl), 'a path or an http(s) URL, without a query'],
    ['headers', typeof headers === 'function' || isTaken(() => new Headers(headers)), 'headers or a function'],
    [
      'credentials',
      isOneOf(settings.credentials, undefined, 'omit', 'same-origin', 'include'),
      "'omit', 'same-origin' or 'include'",
    ],
    ['ordering', isOneOf(ordering, 'per-lead', 'strict'), "'per-lead' or 'strict'"],
    ['concurrency', Number.isInteger(concurrency) && concurrency > 0, 'a whole number from 1'],
    ['concurrency', ordering === 'per-lead' || concurrency === 1, "1 with 'strict' ordering"],
    ['sections', isOneOf(settings.sections, 'auto', 'merge', 'replace'), "'auto', 'merge' or 'replace'"],
    ['checkBeforeSend', isOneOf(settings.checkBeforeSend, true, false), 'true or false'],
    ['onConflict', isOneOf(typeof settings.onConflict, 'undefined', 'function'), 'a function'],
    ['preconditions', isOneOf(settings.preconditions, undefined, true, false), 'true or false'],
    ['coalesce', isOneOf(settings.coalesce, true, false), 'true or false'],
    ['persist', isOneOf(settings.persist, true, false), 'true or false'],
    ['autoSync', isOneOf(settings.autoSync, true, false), 'true or false'],
    ['idempotencyHeader', isHeaderName.test(settings.idempotencyHeader ?? 'none'), 'the name of a header'],
    ['timeout', isDelay(settings.timeout), 'milliseconds'],
    ['retry.minDelay', isDelay(retry.minDelay), 'milliseconds'],
    ['retry.maxDelay', isDelay(retry.maxDelay, retry.minDelay), 'milliseconds, at least minDelay'],
    ['rateLimitReserve', isNumber(settings.rateLimitReserve, 0, 1), 'a share from 0 to 1'],
    ['maxAge', isNumber(settings.maxAge, 1), 'milliseconds'],
    ['onUnauthorized', isOneOf(typeof settings.onUnauthorized, 'undefined', 'function'), 'a function'],
    ['durability', isOneOf(settings.durability, 'strict', 'relaxed'), "'strict' or 'relaxed'"],
    ['onEvent', isOneOf(typeof settings.onEvent, 'undefined', 'function'), 'a function'],
    ['indexes', isListOfPaths(indexes), "different paths such as 'updated_at'"],
    ['schemas', typeof schemas === 'object' && schemas !== null, 'an object'],
    ...sectionNames.map((section): Demand => {
      const schema: unknown = schemas?.[section] ?? { _zod: true };
      return [`schemas.${section}`, typeof schema === 'object' && '_zod' in (schema as object), 'a schema of zod 4'];
    }),
  ];
  for (const [option, isMet, expected] of demands) {
    if (!isMet) throw new LeadboxError('invalid-option', `${option} must be ${expected}.`, { path: option.split('.') });
  }
  return settings;
}

/** Whether paths can be put behind it. */
function isBaseUrl(text: string): boolean {
  return /^(https?:\/\/|\/|$)[^?#]*$/.test(text) && isTaken(() => new URL(text, 'https://page.invalid'));
}

function isTaken(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch {
    return false;
  }
}

/** Key paths as IndexedDB takes them: identifiers joined by dots; one named twice would break the schema. */
function isListOfPaths(paths: unknown): boolean {
  const isPath = (path: unknown) =>
    typeof path === 'string' && /^[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)*$/u.test(path);
  return Array.isArray(paths) && paths.every(isPath) && new Set(paths).size === paths.length;
}
