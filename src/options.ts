import { createEnvironment, type Environment } from './environment.ts';
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
  /** Extra indexes for `find`, e.g. ['properties.status', 'updated_at']. More can be added at any time. Default none. */
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
  /** Name of an idempotency header to send, e.g. 'Idempotency-Key'. Off by default: it needs CORS permission. */
  idempotencyHeader?: string;
  /** Milliseconds for one request, body included. Default 30_000. */
  timeout?: number;
  /** Backoff bounds in milliseconds. Default { minDelay: 1_000, maxDelay: 60_000 }. */
  retry?: { minDelay?: number; maxDelay?: number };
  /** 'strict' (default): a resolved edit survives a power cut. 'relaxed': it survives a crash of the tab or the browser. */
  durability?: 'strict' | 'relaxed';
  /** false: nothing is sent until `sync()`. Default true. */
  autoSync?: boolean;
  /** Told what happened, without lead contents. Default none. */
  onEvent?: (event: LeadboxEvent) => void;
  /** The platform, for tests and unusual hosts. Default: the browser's. */
  environment?: Partial<Environment>;
}

/** The options with their defaults. */
export interface Settings
  extends Required<Omit<LeadboxOptions<SectionSchemas>, 'onEvent' | 'idempotencyHeader' | 'headers' | 'baseUrl'>>,
    Pick<LeadboxOptions, 'headers' | 'idempotencyHeader' | 'onEvent'> {
  readonly baseUrl: string;
  readonly environment: Environment;
  readonly retry: RetryBounds;
}

type Demand = readonly [option: string, isMet: boolean, expected: string];

const isPath = /^[^\s,&*+[\]]+$/;

// The longest a timer can run; a longer one would fire at once.
const longestTimer = 2 ** 31 - 1;

/** @throws LeadboxError 'invalid-option' with the option's name. */
export function createSettings(options: LeadboxOptions<SectionSchemas>): Settings {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const settings: Settings = {
    name: 'leadbox',
    credentials: 'same-origin',
    schemas: {},
    indexes: [],
    ordering: 'per-lead',
    concurrency: 1,
    coalesce: true,
    timeout: 30_000,
    durability: 'strict',
    autoSync: true,
    ...Object.fromEntries(given),
    baseUrl: `${options.baseUrl ?? '/api/v1'}`.replace(/\/+$/, ''),
    retry: { minDelay: 1_000, maxDelay: 60_000, ...options.retry },
    environment: createEnvironment(options.environment),
  };
  const { name, baseUrl, ordering, concurrency, timeout, retry, durability, indexes, schemas } = settings;
  const isDelay = (value: unknown, least = 1) => typeof value === 'number' && value >= least && value <= longestTimer;
  const demands: readonly Demand[] = [
    ['name', Boolean(name) && typeof name === 'string', 'a text'],
    ['baseUrl', /^(https?:\/\/|\/|$)/.test(baseUrl), 'a path or an http(s) URL'],
    ['ordering', /^(per-lead|strict)$/.test(ordering), "'per-lead' or 'strict'"],
    ['concurrency', Number.isInteger(concurrency) && concurrency > 0, 'a whole number from 1'],
    ['concurrency', ordering === 'per-lead' || concurrency === 1, "1 with 'strict' ordering"],
    ['timeout', isDelay(timeout), 'milliseconds'],
    ['retry.minDelay', isDelay(retry.minDelay), 'milliseconds'],
    ['retry.maxDelay', isDelay(retry.maxDelay, retry.minDelay), 'milliseconds, at least minDelay'],
    ['durability', /^(strict|relaxed)$/.test(durability), "'strict' or 'relaxed'"],
    ['indexes', Array.isArray(indexes) && indexes.every((path) => isPath.test(path)), "paths such as 'updated_at'"],
    ...sectionNames.map((section): Demand => {
      const schema: object = schemas[section] ?? { _zod: true };
      return [`schemas.${section}`, typeof schema === 'object' && '_zod' in schema, 'a schema of zod 4'];
    }),
  ];
  for (const [option, isMet, expected] of demands) {
    if (!isMet) throw new LeadboxError('invalid-option', `${option} must be ${expected}.`, { path: option.split('.') });
  }
  return settings;
}
