import { expect, test } from 'vitest';
import { pauseAfter } from './login-guard.ts';

test('strangers wait longer with each wrong password for one account, and a quarter of an hour at most', () => {
  expect([1, 20, 21, 22, 23, 26].map(pauseAfter)).toEqual([0, 0, 1, 2, 4, 32]);
  expect(pauseAfter(200)).toBe(900);
  expect(pauseAfter(1_000_000)).toBe(900);
});
