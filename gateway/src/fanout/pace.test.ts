import { beforeEach, expect, test } from 'vitest';
import { Pace } from './pace.ts';

let pace: Pace;

beforeEach(() => {
  pace = new Pace();
});

const often = (count: number, measure: () => void): void => {
  for (let n = 0; n < count; n += 1) measure();
};

test('the tick grows with the lag of the event loop, up to a bound, and shrinks again', () => {
  expect(pace.tickMs).toBe(2);
  often(20, () => pace.measureLag(100));
  expect(Math.round(pace.tickMs)).toBe(102);
  often(20, () => pace.measureLag(10_000));
  expect(pace.tickMs).toBe(250);
  often(60, () => pace.measureLag(0));
  expect(Math.round(pace.tickMs)).toBe(2);
});

test('the tick grows with what it costs to send one, so that many clients share frames, and a few need not wait', () => {
  often(20, () => pace.measureFlush(0.5));
  expect(Math.round(pace.tickMs)).toBe(5);
  often(20, () => pace.measureFlush(40));
  expect(pace.tickMs).toBe(15);
  often(60, () => pace.measureFlush(0.01));
  expect(Math.round(pace.tickMs)).toBe(2);
});
