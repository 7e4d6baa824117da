import { expect, test } from 'vitest';
import { makeOrder, orderId } from '../testing/orders.ts';
import { othersOf } from './other-orders.ts';

const nth = (n: number, customer_id?: string) =>
  makeOrder({ id: orderId(n), number: n, ...(customer_id === undefined ? {} : { customer_id }) });
const numbers = (orders: readonly { number: number }[]) => orders.map(({ number }) => number);

test('are the newest five without the order itself, with those that were placed since', () => {
  const read = { data: [7, 6, 5, 4, 3, 2].map((n) => nth(n)), next_cursor: 'older', total: 7 };
  expect(numbers(othersOf(nth(6), read, [nth(7), nth(6)]).newest)).toEqual([7, 5, 4, 3, 2]);
  expect(othersOf(nth(6), read, []).count).toBe(6);
  const later = othersOf(nth(6), read, [nth(9), nth(8, orderId(99)), nth(7)]);
  expect([numbers(later.newest), later.count]).toEqual([[9, 7, 5, 4, 3], 7]);
});

test('of an order that is older than all that were read are all of these', () => {
  const read = { data: [7, 6, 5, 4, 3, 2].map((n) => nth(n)), next_cursor: 'older', total: 7 };
  expect(numbers(othersOf(nth(1), read, []).newest)).toEqual([7, 6, 5, 4, 3]);
});
