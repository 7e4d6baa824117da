import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { Order, OrderItem } from '@live-orders/contracts/domain/orders.ts';
import type { Person } from '@live-orders/contracts/socket/presence.ts';
import { hostileNames, leftNames } from '#lib/testing/hostile-text.ts';
import { makeOrder, orderId } from '#lib/testing/orders.ts';

/** The moment at which the gallery's time stands still. */
export const now = Date.parse('2026-03-14T09:26:53.000Z');

/** So many seconds ago, or with less than none, from now. */
export const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();

/** Who looks at the gallery. */
export const userId = orderId(900);

let made = 0;

const items = (...names: string[]): OrderItem[] =>
  names.map((name, index) => ({
    id: orderId(10_000 * made + index),
    product_id: orderId(index),
    name,
    quantity: index + 1,
    price: 1_290,
  }));

/** Another order, as an ordinary customer places one. */
export const ordinary = (given: Partial<Order> = {}): Order => {
  made += 1;
  return makeOrder({
    id: orderId(made),
    due_at: ago(-14 * 60),
    created_at: ago(4 * 60),
    updated_at: ago(4 * 60),
    items: items('Linen throw', 'Enamel kettle', 'Beeswax candle'),
    ...given,
  });
};

const { 'right to left': rightToLeft, ...others } = hostileNames;

/** A thousand million dollars in 31 lines, with all that is hostile among them. */
const huge = (): Order => {
  const names = Object.values({ ...hostileNames, ...leftNames });
  const lines = items(...Array.from({ length: 31 }, (_, n) => names[n - 1] ?? (n === 0 ? 'Gold bar' : `Line ${n}`)));
  return ordinary({
    number: 987_654_321,
    customer_name: others['a long word'],
    total_amount: 100_000_000_000,
    items: lines.map((line, n) => (n === 0 ? { ...line, quantity: 1_000, price: 100_000_000 } : line)),
    note: `${rightToLeft} ${others['a long word']} ${others.markup}`,
    assigned_name: rightToLeft,
  });
};

/** An order for each text that is hostile, which is in every part of it that somebody has typed. */
export const hostileOrders: readonly Order[] = [
  ...Object.values({ ...hostileNames, ...leftNames }).map((text) =>
    ordinary({ customer_name: text, items: items(text, text), note: text, assigned_name: text }),
  ),
  huge(),
];

const person = (n: number, name: string, doing: Person['doing'] = 'viewing'): Person => ({
  id: orderId(900 + n),
  name,
  doing,
});

export const people: readonly Person[] = [
  person(1, 'Ada Admin', 'moving'),
  person(2, 'Sam Staff'),
  person(3, rightToLeft),
  person(4, others.emoji),
  person(5, leftNames.invisible),
];

/** An order of each status. */
export const inStatus = (status: OrderStatus): Order => ordinary({ status, due_at: null });
