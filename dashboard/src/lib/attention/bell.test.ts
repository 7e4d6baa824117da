import { expect, test } from 'vitest';
import { Bell } from './bell.ts';

const quiet = { late: 0, repeat: false };
const nothing = { fresh: 0, late: 0 };
const fresh = (n = 1) => ({ fresh: n, late: 0 });
const late = (n = 1) => ({ fresh: 0, late: n });

test('each kind sounds once in two seconds, however many orders come, and apart from the other', () => {
  const bell = new Bell();
  expect(bell.ring(fresh(40), 0, quiet)).toEqual(['fresh']);
  expect(bell.ring(fresh(), 1_999, quiet)).toEqual([]);
  expect(bell.ring(late(), 1_999, { ...quiet, late: 1 })).toEqual(['late']);
  expect(bell.ring({ fresh: 1, late: 1 }, 2_000, { ...quiet, late: 2 })).toEqual(['fresh']);
  expect(bell.ring({ fresh: 1, late: 1 }, 4_000, { ...quiet, late: 3 })).toEqual(['fresh', 'late']);
  expect(bell.ring(nothing, 90_000, { ...quiet, late: 3 })).toEqual([]);
});

test('a late order sounds every 30 seconds until it is acknowledged, and anew with the next one', () => {
  const bell = new Bell();
  const two = { late: 2, repeat: true };
  expect(bell.ring(late(), 0, two)).toEqual(['late']);
  expect(bell.ring(nothing, 29_999, two)).toEqual([]);
  expect(bell.ring(nothing, 30_000, two)).toEqual(['late']);
  expect(bell.ring(nothing, 59_999, two)).toEqual([]);
  bell.acknowledge();
  expect(bell.acknowledged).toBe(true);
  expect(bell.ring(nothing, 60_000, two)).toEqual([]);
  expect(bell.ring(late(), 70_000, two)).toEqual(['late']);
  expect(bell.acknowledged).toBe(false);
  expect(bell.ring(nothing, 100_000, two)).toEqual(['late']);
});

test('what was late when the page opened is not acknowledged, but does not sound', () => {
  const bell = new Bell();
  expect(bell.ring(nothing, 0, { late: 3, repeat: true })).toEqual([]);
  expect(bell.ring(nothing, 60_000, { late: 3, repeat: true })).toEqual([]);
  expect(bell.acknowledged).toBe(false);
});

test('it does not repeat when that is not wanted, nor once no order is late', () => {
  const bell = new Bell();
  bell.ring(late(), 0, { late: 1, repeat: false });
  expect(bell.ring(nothing, 60_000, { late: 1, repeat: false })).toEqual([]);
  expect(bell.ring(nothing, 60_001, { late: 1, repeat: true })).toEqual(['late']);
  expect(bell.ring(nothing, 90_001, { late: 0, repeat: true })).toEqual([]);
  expect(bell.ring(nothing, 90_002, { late: 1, repeat: true })).toEqual([]);
});
