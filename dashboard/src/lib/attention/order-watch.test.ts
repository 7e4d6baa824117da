import { expect, test } from 'vitest';
import type { Order } from '@live-orders/contracts/domain/orders.ts';
import { OrderLists } from '../feed/order-lists.ts';
import type { OrderChange, Via } from '../live/state.ts';
import { makeOrder, orderId } from '../testing/orders.ts';
import { OrderWatch } from './order-watch.ts';

const start = Date.parse('2026-03-14T09:26:53.000Z');

/** The nth order, due so many seconds after the start. */
const order = (n: number, due: number | null, given: Partial<Order> = {}): Order =>
  makeOrder({
    id: orderId(n),
    number: n,
    due_at: due === null ? null : new Date(start + due * 1000).toISOString(),
    ...given,
  });

/** A watch over lists that follow every change, and what it sees so many seconds after the start. */
const setUp = () => {
  const lists = new OrderLists();
  const held = new Map<string, Order>();
  const watch = new OrderWatch();
  const look = (seconds: number, via: Via = 'event', ...orders: Order[]) => {
    const changes = orders.map((given): OrderChange => {
      const previous = held.get(given.id);
      held.set(given.id, given);
      lists.replace(previous, given);
      return { kind: 'applied', via, order: given, previous };
    });
    return watch.look(changes, start + seconds * 1000, (time) => lists.lateAt(time));
  };
  return { look };
};

test('only pending orders that the stream brings for the first time are new', () => {
  const { look } = setUp();
  expect(look(0, 'snapshot', order(1, 600), order(2, 600))).toEqual({ fresh: 0, late: 0 });
  expect(look(1, 'rest', order(3, 600))).toEqual({ fresh: 0, late: 0 });
  expect(look(2, 'event', order(4, 600), order(5, 600))).toEqual({ fresh: 2, late: 0 });
  expect(look(3, 'event', order(4, 600, { version: 2 }))).toEqual({ fresh: 0, late: 0 });
  expect(look(4, 'event', order(6, 600, { version: 3, status: 'confirmed' }))).toEqual({ fresh: 0, late: 0 });
});

test('an order is new that came with the first snapshot, but by the stream', () => {
  const { look } = setUp();
  expect(look(0, 'event', order(1, 600))).toEqual({ fresh: 1, late: 0 });
});

test('what is late at first is no news, and each order becomes late once when its time passes', () => {
  const { look } = setUp();
  look(0, 'snapshot', order(1, -60), order(2, 5), order(3, 5.5), order(4, 7), order(5, null));
  expect(look(5)).toEqual({ fresh: 0, late: 0 });
  expect(look(6)).toEqual({ fresh: 0, late: 2 });
  expect(look(6.5)).toEqual({ fresh: 0, late: 0 });
  expect(look(9)).toEqual({ fresh: 0, late: 1 });
  expect(look(99)).toEqual({ fresh: 0, late: 0 });
});

test('an order that moves on in time does not become late', () => {
  const { look } = setUp();
  look(0, 'snapshot', order(1, 5), order(2, 5));
  look(4, 'event', order(1, 600, { version: 2, status: 'confirmed' }));
  look(4, 'rest', order(2, null, { version: 2, status: 'cancelled' }));
  expect(look(9)).toEqual({ fresh: 0, late: 0 });
});

test.each(['event', 'snapshot', 'rest'] as const)('an order that arrives late by %s becomes late once', (via) => {
  const { look } = setUp();
  look(0);
  look(60);
  expect(look(61, via, order(1, 30))).toMatchObject({ late: 1 });
  expect(look(62, via, order(1, 30, { version: 2 }))).toMatchObject({ late: 0 });
  expect(look(63)).toMatchObject({ late: 0 });
});

test('an order that arrives with a time that passes until the look becomes late once', () => {
  const { look } = setUp();
  look(0);
  expect(look(10, 'event', order(1, 5))).toEqual({ fresh: 1, late: 1 });
  expect(look(11, 'event', order(1, 5, { version: 2 }))).toEqual({ fresh: 0, late: 0 });
});

test('an order becomes late again in another status', () => {
  const { look } = setUp();
  look(0, 'snapshot', order(1, 5));
  expect(look(6)).toMatchObject({ late: 1 });
  look(7, 'event', order(1, 20, { version: 2, status: 'confirmed' }));
  expect(look(21)).toMatchObject({ late: 1 });
});

test('a clock that goes back lets nothing become late twice', () => {
  const { look } = setUp();
  look(0, 'snapshot', order(1, 5), order(2, 12));
  expect(look(10)).toMatchObject({ late: 1 });
  expect(look(4)).toMatchObject({ late: 0 });
  expect(look(10)).toMatchObject({ late: 0 });
  expect(look(13)).toMatchObject({ late: 1 });
});
