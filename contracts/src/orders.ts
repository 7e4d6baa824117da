import { z } from 'zod';
import { currency, minorUnits, page, pageQuery, timestamp, uuid } from './lists.ts';

export const orderStatuses = ['pending', 'confirmed', 'preparing', 'shipped', 'delivered', 'cancelled'] as const;
export const orderStatus = z.enum(orderStatuses);
export type OrderStatus = z.infer<typeof orderStatus>;

/** The statuses that an order may move to from each status; the service, the dashboard and the docs read this table. */
export const transitions: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pending: ['confirmed', 'cancelled'],
  confirmed: ['preparing', 'cancelled'],
  preparing: ['shipped', 'cancelled'],
  shipped: ['delivered'],
  delivered: [],
  cancelled: [],
};

export const canMove = (from: OrderStatus, to: OrderStatus): boolean => transitions[from].includes(to);

/** A status that nothing follows. */
export const isFinal = (status: OrderStatus): boolean => transitions[status].length === 0;

export const orderItem = z
  .object({
    id: uuid,
    product_id: uuid,
    name: z.string().meta({ description: 'The product’s name when it was ordered' }),
    quantity: z.int().positive(),
    price: minorUnits.meta({ description: 'Price of one unit when it was ordered, in minor units' }),
  })
  .meta({ id: 'OrderItem' });

/** An order, whole: this shape is on REST, on Kafka, on Redis and on the socket alike. */
export const order = z
  .object({
    id: uuid,
    number: z.int().positive().meta({ description: 'Short number to say aloud', example: 1042 }),
    customer_id: uuid,
    customer_name: z.string(),
    status: orderStatus,
    total_amount: minorUnits,
    currency,
    note: z.string().nullable(),
    version: z.int().positive().meta({ description: 'Counts every change of this order, from 1 without gaps' }),
    due_at: timestamp.nullable().meta({ description: 'When the order should leave its status; null once it is final' }),
    created_at: timestamp,
    updated_at: timestamp,
    items: z.array(orderItem),
  })
  .meta({ id: 'Order' });
export type Order = z.infer<typeof order>;
export type OrderItem = z.infer<typeof orderItem>;

export const orderPage = page(order).meta({ id: 'OrderPage' });

/** Lines that name the same product are refused, so that stock is taken once per product. */
export const orderCreation = z
  .strictObject({
    items: z
      .array(z.strictObject({ product_id: uuid, quantity: z.int().min(1).max(1000) }))
      .min(1)
      .max(100)
      .refine((items) => new Set(items.map((item) => item.product_id)).size === items.length, {
        message: 'must not name the same product twice',
      }),
    note: z.string().trim().max(500).optional(),
  })
  .meta({ id: 'OrderCreation' });
export type OrderCreation = z.infer<typeof orderCreation>;

export const statusChange = z
  .strictObject({ status: orderStatus, reason: z.string().trim().min(1).max(200).optional() })
  .meta({ id: 'StatusChange', example: { status: 'confirmed' } });
export type StatusChange = z.infer<typeof statusChange>;

/** `status` takes several values, separated by commas. `q` is an order number or a part of a customer's name. */
export const orderQuery = pageQuery.extend({
  status: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(orderStatus).max(orderStatuses.length))
    .optional()
    .meta({ description: 'One status or several, separated by commas', example: 'pending,confirmed' }),
  q: z.string().trim().min(1).max(100).optional().meta({ description: 'Order number, or part of a customer’s name' }),
});
export type OrderQuery = z.infer<typeof orderQuery>;

/** One step in an order's life, oldest first in its list. `from` is null on the first. */
export const orderStep = z
  .object({
    version: z.int().positive(),
    from: orderStatus.nullable(),
    to: orderStatus,
    reason: z.string().nullable(),
    actor_name: z.string().nullable().meta({ description: 'Not told to customers' }),
    created_at: timestamp,
  })
  .meta({ id: 'OrderStep' });
export type OrderStep = z.infer<typeof orderStep>;
export const orderHistory = z.object({ data: z.array(orderStep) }).meta({ id: 'OrderHistory' });
