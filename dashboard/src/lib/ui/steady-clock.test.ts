import { expect, test } from 'vitest';
import { steadyClock } from './steady-clock.ts';

const begin = 1_000_000;
const setUp = () => {
  const clocks = { wall: begin, monotonic: 500 };
  const now = steadyClock(
    () => clocks.wall,
    () => clocks.monotonic,
  );
  const pass = (wall: number, monotonic = wall) => {
    clocks.wall += wall;
    clocks.monotonic += monotonic;
  };
  return { now, pass };
};

test('goes on while the wall clock is set back', () => {
  const { now, pass } = setUp();
  pass(1_000);
  expect(now()).toBe(begin + 1_000);
  pass(-300_000, 2_000);
  expect(now()).toBe(begin + 3_000);
  pass(1_000);
  expect(now()).toBe(begin + 4_000);
});

test('counts the time that the machine slept, in which the monotonic clock stood', () => {
  const { now, pass } = setUp();
  pass(1_000);
  expect(now()).toBe(begin + 1_000);
  pass(600_000, 0);
  expect(now()).toBe(begin + 601_000);
  pass(1_000);
  expect(now()).toBe(begin + 602_000);
});

test('runs no faster for a wall clock that tells whole milliseconds only', () => {
  const { now, pass } = setUp();
  for (let half = 0; half < 10_000; half += 1) {
    pass(half % 2, 0.5);
    now();
  }
  expect(now()).toBe(begin + 5_000);
});
