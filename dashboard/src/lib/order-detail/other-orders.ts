import type { Order } from '@live-orders/contracts/domain/orders.ts';
import type { orderPage } from '@live-orders/contracts/rest/orders.ts';
import type { z } from 'zod';

/** How many of a customer's other orders are shown. */
const othersAtOnce = 5;

export type OrderPage = z.infer<typeof orderPage>;

/** The query that asks for the newest orders of a customer, counted: one more than are shown, for this order may be among them. */
export const ordersOf = (customerId: string): string =>
  `?customer_id=${customerId}&limit=${othersAtOnce + 1}&count=true`;

/**
 * The newest other orders of an order's customer, and how many others there are; null where that is not known. `read` is what the
 * server had, newest first and counted; `live` has what was placed since, whoever placed it.
 */
export function othersOf(
  order: Order,
  read: OrderPage,
  live: readonly Order[],
): { newest: readonly Order[]; count: number | null } {
  const highest = Math.max(order.number, ...read.data.map(({ number }) => number));
  const since = live.filter(({ customer_id, number }) => customer_id === order.customer_id && number > highest);
  const newest = [...since, ...read.data].filter(({ id }) => id !== order.id).slice(0, othersAtOnce);
  return { newest, count: read.total === undefined ? null : read.total + since.length - 1 };
}
