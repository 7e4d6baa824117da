import type { Actor } from '@live-orders/contracts/domain/actor.ts';
import type { OrderCreation } from '@live-orders/contracts/rest/orders.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { z } from 'zod';

/**
 * What one customer may take within an hour, so that nobody empties the shop alone: a new customer once took all 4,808
 * units there were, by 25 orders within 570 ms. 0 stands for no limit.
 */
export interface Allowance {
  ordersPerHour: number;
  /** Of each product, over all orders that were not cancelled. */
  unitsPerHour: number;
}

export const noLimits: Allowance = { ordersPerHour: 0, unitsPerHour: 0 };
/** What production allows where the shop says nothing. */
export const usualLimits: Allowance = { ordersPerHour: 20, unitsPerHour: 50 };

type Line = OrderCreation['items'][number];

/** The limits for whoever orders, or null: the team orders as much as it wants. */
export const allowanceOf = ({ ordersPerHour, unitsPerHour }: Allowance, { role }: Actor): Allowance | null =>
  role === 'customer' && (ordersPerHour > 0 || unitsPerHour > 0)
    ? { ordersPerHour: ordersPerHour || Infinity, unitsPerHour: unitsPerHour || Infinity }
    : null;

/** Throws `validation_failed`, with each line named, for an order that no waiting makes possible. */
export const checkQuantities = (lines: Line[], { unitsPerHour }: Allowance): void => {
  const errors = lines.flatMap(({ quantity }, index) =>
    quantity > unitsPerHour
      ? [{ path: `items.${index}.quantity`, message: `must be at most ${unitsPerHour} for one customer` }]
      : [],
  );
  if (errors.length === 0) return;
  throw new ProblemError('validation_failed', 'That is more of a product than one customer may take.', { errors });
};

/** What a customer took within the last hour, as the function of the same name in the database tells. */
export const taken = z.object({
  orders: z.int(),
  /** Until the first of them counts no more; null where there are none. */
  seconds: z.int().nullable(),
  /** By product; of cancelled orders none. */
  units: z.record(z.string(), z.int()),
});

/**
 * A column with what `$customer_id` took. It makes the orders of one customer follow each other until their transactions
 * end, or those that are placed at once would not count each other.
 */
export const takenColumn = 'taken_within_an_hour($customer_id::uuid, $products::uuid[]) AS taken';

/** Throws `too_many_requests` where the lines are more than what is left of the allowance. */
export const checkTaken = (
  lines: (Line & { name: string })[],
  { orders, seconds, units }: z.infer<typeof taken>,
  { ordersPerHour, unitsPerHour }: Allowance,
): void => {
  const refuse = (detail: string): never => {
    throw new ProblemError('too_many_requests', detail, {}, { 'retry-after': String(Math.max(1, seconds ?? 1)) });
  };
  if (orders >= ordersPerHour) refuse(`A customer may place ${ordersPerHour} orders within an hour.`);
  for (const { product_id, name, quantity } of lines) {
    const before = units[product_id] ?? 0;
    if (before + quantity > unitsPerHour)
      refuse(`A customer may take ${unitsPerHour} of “${name}” within an hour, and has taken ${before}.`);
  }
};
