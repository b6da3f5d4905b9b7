import { createEnvironment, type Environment } from './environment.ts';
import type { OpenSections, SectionSchemas } from './model/lead.ts';
import { LeadboxError } from './model/leadbox-error.ts';
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
  extends Required<Omit<LeadboxOptions, 'onEvent' | 'idempotencyHeader' | 'headers' | 'baseUrl'>> {
  readonly baseUrl: string;
  readonly headers: LeadboxOptions['headers'];
  readonly idempotencyHeader: string | undefined;
  readonly onEvent: ((event: LeadboxEvent) => void) | undefined;
  readonly schemas: SectionSchemas;
  readonly environment: Environment;
  readonly retry: { readonly minDelay: number; readonly maxDelay: number };
}

// The longest a timer can run; a longer one would fire at once.
const longestTimer = 2 ** 31 - 1;

/** @throws LeadboxError 'invalid-option' with the option's name. */
export function createSettings(options: LeadboxOptions<SectionSchemas>): Settings {
  const { minDelay = 1_000, maxDelay = 60_000 } = options.retry ?? {};
  const settings: Settings = {
    name: options.name ?? 'leadbox',
    baseUrl: String(options.baseUrl ?? '/api/v1').replace(/\/+$/, ''),
    headers: options.headers,
    credentials: options.credentials ?? 'same-origin',
    schemas: options.schemas ?? {},
    indexes: options.indexes ?? [],
    ordering: options.ordering ?? 'per-lead',
    concurrency: options.concurrency ?? 1,
    coalesce: options.coalesce ?? true,
    idempotencyHeader: options.idempotencyHeader,
    timeout: options.timeout ?? 30_000,
    retry: { minDelay, maxDelay },
    durability: options.durability ?? 'strict',
    autoSync: options.autoSync ?? true,
    onEvent: options.onEvent,
    environment: createEnvironment(options.environment),
  };
  const demand = (option: string, isValid: boolean, expected: string) => {
    if (!isValid) {
      throw new LeadboxError('invalid-option', `The option ${option} must be ${expected}.`, {
        path: option.split('.'),
      });
    }
  };
  const isDelay = (value: unknown) => typeof value === 'number' && value > 0 && value <= longestTimer;
  demand('name', typeof settings.name === 'string' && settings.name !== '', 'a non-empty string');
  demand('baseUrl', settings.baseUrl === '' || /^(https?:\/\/|\/)/.test(settings.baseUrl), 'an http(s) URL or a path');
  demand('ordering', ['per-lead', 'strict'].includes(settings.ordering), "'per-lead' or 'strict'");
  demand('concurrency', Number.isInteger(settings.concurrency) && settings.concurrency > 0, 'a whole number from 1');
  demand('concurrency', settings.ordering === 'per-lead' || settings.concurrency === 1, "1 with ordering 'strict'");
  demand('timeout', isDelay(settings.timeout), 'a number of milliseconds above 0');
  demand('retry.minDelay', isDelay(minDelay), 'a number of milliseconds above 0');
  demand('retry.maxDelay', isDelay(maxDelay) && maxDelay >= minDelay, 'a number of milliseconds, at least minDelay');
  demand('durability', ['strict', 'relaxed'].includes(settings.durability), "'strict' or 'relaxed'");
  demand('indexes', isListOfPaths(settings.indexes), "a list of paths such as 'properties.status'");
  for (const [name, schema] of Object.entries(settings.schemas)) {
    demand(`schemas.${name}`, typeof schema === 'object' && '_zod' in schema, 'a schema of zod 4 or zod/mini');
  }
  return settings;
}

function isListOfPaths(indexes: unknown): boolean {
  return Array.isArray(indexes) && indexes.every((path) => typeof path === 'string' && /^[^\s,&*+[\]]+$/.test(path));
}
