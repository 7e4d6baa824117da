import { expect, test } from 'vitest';
import { InFlight } from './in-flight.ts';

test('a user has so many requests under way at most, and others never feel it', () => {
  const inFlight = new InFlight('a user', 2);
  const release = inFlight.enter('greedy');
  inFlight.enter('greedy');
  expect(() => inFlight.enter('greedy')).toThrow(expect.objectContaining({ code: 'too_many_requests' }));
  expect(() => inFlight.enter('modest')).not.toThrow();
  release();
  expect(() => inFlight.enter('greedy')).not.toThrow();
});
