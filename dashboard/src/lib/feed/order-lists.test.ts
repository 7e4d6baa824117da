import { isFinal, orderStatuses } from '@live-orders/contracts/domain/order-status.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OrderStore } from '../live/order-store.ts';
import { makeOrder } from '../testing/orders.ts';
import { countLate, OrderLists } from './order-lists.ts';
import { type Sort, sorts, sortSpecs } from './order-sorts.ts';

const now = Date.parse('2026-03-14T09:26:53.000Z');
const minute = (n: number): string => new Date(now + n * 60_000).toISOString();

/** A change of one of twelve orders, of which the store keeps four final ones at most. */
const change = fc
  .record({
    number: fc.integer({ min: 1, max: 12 }),
    version: fc.integer({ min: 1, max: 9 }),
    status: fc.constantFrom(...orderStatuses),
    due: fc.option(fc.integer({ min: -3, max: 3 })),
    customer_name: fc.constantFrom('Ada', 'Ádám', 'adam', 'Zoë'),
    total_amount: fc.integer({ min: 1, max: 3 }),
    assigned_to: fc.constantFrom(null, 'ada', 'sam'),
  })
  .map(({ number, due, ...rest }) =>
    makeOrder({ ...rest, id: `order ${number}`, number, due_at: due === null ? null : minute(due) }),
  );

test('whatever the store takes in and drops, the lists hold it in their order, counted', () => {
  fc.assert(
    fc.property(fc.array(change), fc.integer({ min: 0, max: 12 }), fc.constantFrom(...sorts), (changes, kept, sort) => {
      const lists = new OrderLists();
      lists.sorted(sort);
      const store = new OrderStore(4, (before, after) => lists.replace(before, after));
      for (const order of changes) store.upsert(order);
      store.retain(({ number }) => number <= kept);
      const held = [...store.values()];
      const newest = held.toSorted((a, b) => b.number - a.number);
      expect(lists.newest).toEqual(newest);
      expect(lists.due).toEqual(
        newest.toSorted((a, b) => (a.due_at ?? '9999').localeCompare(b.due_at ?? '9999', 'en')),
      );
      expect(lists.sorted(sort)).toEqual(newest.toSorted(sortSpecs[sort].compare));
      const late = held.filter(({ due_at }) => due_at && Date.parse(due_at) < now).length;
      expect([countLate(lists.due, now), lists.lateAt(now)]).toEqual([late, late]);
      for (const status of orderStatuses)
        expect(lists.counts[status]).toBe(held.filter((order) => order.status === status).length);
      const open = held.filter(({ status }) => !isFinal(status));
      for (const who of [null, 'ada', 'sam'])
        expect(lists.assigned.get(who) ?? 0).toBe(open.filter(({ assigned_to }) => assigned_to === who).length);
    }),
  );
});

test.each<[Sort, string]>([
  ['due', 'cabd'],
  ['-due', 'bacd'],
  ['-number', 'dcba'],
  ['number', 'abcd'],
  ['customer', 'bdca'],
  ['-customer', 'acdb'],
  ['-total', 'cbda'],
  ['total', 'adcb'],
  ['status', 'cbad'],
  ['-status', 'dacb'],
])('sorted by %s they are %s, and so they are after a change', (sort, expected) => {
  const lists = new OrderLists();
  const orders = [
    makeOrder({ id: 'a', number: 1, customer_name: 'Zoë', total_amount: 5, status: 'confirmed', due_at: minute(2) }),
    makeOrder({ id: 'b', number: 2, customer_name: 'ada', total_amount: 900, due_at: minute(3) }),
    makeOrder({ id: 'c', number: 3, customer_name: 'Émile', total_amount: 900, due_at: minute(1) }),
    makeOrder({ id: 'd', number: 4, customer_name: 'Emil', total_amount: 20, status: 'delivered', due_at: null }),
  ];
  const ids = () =>
    lists
      .sorted(sort)
      .map(({ id }) => id)
      .join('');
  const first = makeOrder({ id: 'a', number: 1, customer_name: 'Émile', total_amount: 900, due_at: minute(1) });
  for (const order of [first, ...orders.slice(1)]) lists.replace(undefined, order);
  ids();
  lists.replace(first, orders[0]);
  expect(ids()).toBe(expected);
});

test('a list that was given out does not change', () => {
  const lists = new OrderLists();
  const { newest, due, counts } = lists;
  lists.replace(undefined, makeOrder({ id: 'a' }));
  expect([newest, due, counts.pending]).toEqual([[], [], 0]);
});
