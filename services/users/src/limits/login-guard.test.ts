import { expect, test } from 'vitest';
import { pauseAfter } from './login-guard.ts';

test('strangers pause longer with each failure at one account, and a quarter of an hour at most', () => {
  expect([1, 19, 20, 21, 22, 23, 29, 30, 31].map(pauseAfter)).toEqual([0, 0, 1, 2, 4, 8, 512, 900, 900]);
  expect(pauseAfter(1_000_000)).toBe(900);
});
