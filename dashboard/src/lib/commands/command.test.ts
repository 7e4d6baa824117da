import { expect, test } from 'vitest';
import { commandsFor } from './command.ts';

const labels = (...given: Parameters<typeof commandsFor>) => commandsFor(...given).map(({ label }) => label);

test('a user may choose what the role may see, by words in any order', () => {
  expect(labels('admin', 'secu')).toEqual(['Security']);
  expect(labels('staff', 'secu')).toEqual([]);
  expect(labels('customer', '')).toEqual(['My orders', 'New order']);
  expect(labels('staff', 'orders LATE')).toEqual(['Late orders']);
  expect(labels('staff', 'nothing of the kind')).toEqual([]);
});
