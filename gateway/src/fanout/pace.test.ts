import { expect, test } from 'vitest';
import { Pace } from './pace.ts';

test('the tick grows with the lag of the event loop, up to a bound, and shrinks again', () => {
  const pace = new Pace();
  expect(pace.tickMs).toBe(15);
  for (let count = 0; count < 20; count += 1) pace.measure(100);
  expect(Math.round(pace.tickMs)).toBe(115);
  for (let count = 0; count < 20; count += 1) pace.measure(10_000);
  expect(pace.tickMs).toBe(250);
  for (let count = 0; count < 60; count += 1) pace.measure(0);
  expect(Math.round(pace.tickMs)).toBe(15);
});
