import { expect, test } from 'vitest';
import { createEditFaults } from '../../demo/server/edit-faults.ts';

const url = '/api/v1/leads/1';
const statusOf = (fault: unknown) => (fault instanceof Response ? fault.status : fault);

test('what was refused is refused again, alone or in smaller pieces, and nothing else is', () => {
  let now = 0;
  const faults = createEditFaults(() => now);
  faults.add(422, 1);
  const body = JSON.stringify({ properties: { name: 'Ada', tags: ['a'] }, location: { city: 'Bergen' } });
  expect(statusOf(faults.take(url, body))).toBe(422);
  expect(statusOf(faults.take(url, body))).toBe(422);
  expect(statusOf(faults.take(url, '{"location":{"city":"Bergen"}}'))).toBe(422);
  expect(statusOf(faults.take(url, '{"properties":{"tags":["a"]}}'))).toBe(422);
  now += 5_000;
  expect(faults.take(url, '{"location":{"city":"Berge"}}')).toBeUndefined();
  expect(faults.take(url, '{"location":{"city":"Bergen","country":"Norway"}}')).toBeUndefined();
  expect(faults.take('/api/v1/leads/2', body)).toBeUndefined();
});

test('faults come in the order in which they were asked for', () => {
  const faults = createEditFaults();
  faults.add(503, 2);
  faults.add('lost-answer', 1);
  const met = [1, 2, 3, 4].map(() => faults.take(url, '{}'));
  expect(met).toEqual([503, 503, 'lost-answer', undefined]);
});

test('a refused value is refused while it is still being typed, and not when it is corrected later', () => {
  let now = 0;
  const faults = createEditFaults(() => now);
  const typed = (city: string) => statusOf(faults.take(url, JSON.stringify({ location: { city } })));
  faults.add(422, 1);
  expect(['Bg', 'Berg', 'B', 'Berg'].map(typed)).toEqual([422, 422, 422, 422]);
  expect(typed('Oslo')).toBeUndefined();
  now += 5_000;
  expect(typed('Berg')).toBe(422);
  expect(typed('Bergen')).toBeUndefined();
});

test('a pause is asked for with its length', () => {
  const faults = createEditFaults();
  faults.add(429, 1);
  const answer = faults.take(url, '{}');
  expect(statusOf(answer)).toBe(429);
  expect(answer instanceof Response && answer.headers.get('Retry-After')).toBe('6');
});
