import { expect, test } from 'vitest';
import { neighbour } from './board-place.ts';

test('the neighbours of an order are those of the list, and there is none beyond its ends or of an order that it lacks', () => {
  const numbers = [1043, 1050, 1001];
  expect(neighbour(numbers, 1043, 1)).toBe(1050);
  expect(neighbour(numbers, 1001, -1)).toBe(1050);
  expect(neighbour(numbers, 1043, -1)).toBeNull();
  expect(neighbour(numbers, 1001, 1)).toBeNull();
  expect(neighbour(numbers, 1002, 1)).toBeNull();
  expect(neighbour([], 1002, -1)).toBeNull();
});
