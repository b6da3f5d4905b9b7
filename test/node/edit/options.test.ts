import { describe, expect, it } from 'vitest';
import { createLeadbox, isLeadboxError, type LeadboxOptions } from '../../../src/index.ts';

describe('R75 a wrong option is refused at creation, by its name:', () => {
  it.each<[string, unknown, string[]]>([
    ['name', { name: '' }, ['name']],
    ['name', { name: 7 }, ['name']],
    ['baseUrl', { baseUrl: 'ftp://example.com' }, ['baseUrl']],
    ['baseUrl', { baseUrl: 'api/v1' }, ['baseUrl']],
    ['ordering', { ordering: 'random' }, ['ordering']],
    ['concurrency', { concurrency: 0 }, ['concurrency']],
    ['concurrency', { concurrency: 1.5 }, ['concurrency']],
    ['concurrency', { concurrency: '3' }, ['concurrency']],
    ['concurrency', { concurrency: Number.NaN }, ['concurrency']],
    ["concurrency with ordering 'strict'", { ordering: 'strict', concurrency: 2 }, ['concurrency']],
    ['timeout', { timeout: 0 }, ['timeout']],
    ['timeout', { timeout: -1 }, ['timeout']],
    ['timeout', { timeout: Number.NaN }, ['timeout']],
    ['timeout', { timeout: Number.POSITIVE_INFINITY }, ['timeout']],
    ['timeout longer than a timer can run', { timeout: 2 ** 31 }, ['timeout']],
    ['timeout', { timeout: '30' }, ['timeout']],
    ['retry.minDelay', { retry: { minDelay: 0 } }, ['retry', 'minDelay']],
    ['retry.minDelay', { retry: { minDelay: Number.NaN } }, ['retry', 'minDelay']],
    ['retry.maxDelay below minDelay', { retry: { minDelay: 500, maxDelay: 499 } }, ['retry', 'maxDelay']],
    ['retry.maxDelay below the default minDelay', { retry: { maxDelay: 10 } }, ['retry', 'maxDelay']],
    ['retry.maxDelay', { retry: { maxDelay: Number.POSITIVE_INFINITY } }, ['retry', 'maxDelay']],
    ['durability', { durability: 'paranoid' }, ['durability']],
    ['indexes', { indexes: 'updated_at' }, ['indexes']],
    ['indexes', { indexes: ['a b'] }, ['indexes']],
    ['indexes', { indexes: ['&id'] }, ['indexes']],
    ['indexes', { indexes: ['[a+b]'] }, ['indexes']],
    ['indexes', { indexes: [''] }, ['indexes']],
    ['indexes named twice', { indexes: ['updated_at', 'updated_at'] }, ['indexes']],
    ['indexes', { indexes: ['properties.first-name'] }, ['indexes']],
    ['indexes', { indexes: [1] }, ['indexes']],
    ['idempotencyHeader', { idempotencyHeader: '' }, ['idempotencyHeader']],
    ['idempotencyHeader', { idempotencyHeader: 'Idempotency Key' }, ['idempotencyHeader']],
    ['baseUrl with a port that is none', { baseUrl: 'https://example.com:undefined/api' }, ['baseUrl']],
    ['baseUrl with a query', { baseUrl: 'https://example.com/api?tenant=3' }, ['baseUrl']],
    ['baseUrl with a fragment', { baseUrl: '/api#v1' }, ['baseUrl']],
    ['headers', { headers: 5 }, ['headers']],
    ['headers', { headers: null }, ['headers']],
    ['headers of which one has no name of a header', { headers: { 'X Tenant': '3' } }, ['headers']],
    ['credentials', { credentials: 'always' }, ['credentials']],
    ['credentials', { credentials: null }, ['credentials']],
    ['autoSync', { autoSync: 'false' }, ['autoSync']],
    ['persist', { persist: 'yes' }, ['persist']],
    ['coalesce', { coalesce: 1 }, ['coalesce']],
    ['onEvent', { onEvent: 5 }, ['onEvent']],
    ['ordering', { ordering: ['strict'] }, ['ordering']],
    ['schemas', { schemas: null }, ['schemas']],
    ['schemas', { schemas: { properties: {} } }, ['schemas', 'properties']],
    ['schemas', { schemas: { summary: 'x' } }, ['schemas', 'summary']],
  ])('%s %j', (_, options, path) => {
    let error: unknown;
    try {
      createLeadbox(options as LeadboxOptions);
    } catch (reason) {
      error = reason;
    }
    expect(isLeadboxError(error, 'invalid-option')).toBe(true);
    expect(error).toMatchObject({ path });
    expect(String(error)).toContain(path.join('.'));
  });

  it.each<[LeadboxOptions]>([
    [{}],
    [{ baseUrl: '' }],
    [{ baseUrl: 'https://api.example.com/api/v1/' }],
    [{ baseUrl: new URL('https://api.example.com') }],
    [{ retry: {} }],
    [{ retry: { minDelay: 1, maxDelay: 1 } }],
    [{ retry: { minDelay: undefined } as object }],
    [{ indexes: ['properties.status', 'updated_at'] }],
    [{ ordering: 'strict', concurrency: 1 }],
    [{ timeout: 2 ** 31 - 1 }],
  ])('and not a right one: %j', async (options) => {
    await createLeadbox(options).close();
  });
});
