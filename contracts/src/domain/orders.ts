import { z } from 'zod';
import { currency, minorUnits, timestamp, uuid } from './fields.ts';
import { orderStatus } from './order-status.ts';

export const orderItem = z
  .object({
    id: uuid,
    product_id: uuid,
    name: z.string().meta({ description: 'The product’s name when it was ordered', example: 'Enamel mug' }),
    quantity: z.int().positive().meta({ example: 2 }),
    price: minorUnits.meta({ description: 'Price of one unit when it was ordered, in minor units' }),
  })
  .meta({ id: 'OrderItem' });

/** A whole order, in the one shape that it has on REST, Kafka, Redis and the socket. */
export const order = z
  .object({
    id: uuid,
    number: z.int().positive().meta({ description: 'Short number to say aloud', example: 1042 }),
    customer_id: uuid,
    customer_name: z.string().meta({ example: 'Ada Lovelace' }),
    status: orderStatus,
    total_amount: minorUnits,
    currency,
    note: z.string().nullable().meta({ example: 'Ring twice' }),
    version: z
      .int()
      .positive()
      .meta({ description: 'Counts every change of this order, from 1 without gaps', example: 3 }),
    assigned_to: uuid.nullable().optional().meta({ description: 'Staff only: who takes care of the order' }),
    assigned_name: z.string().nullable().optional().meta({ description: 'Staff only' }),
    internal_note: z.string().nullable().optional().meta({ description: 'Staff only: never shown to the customer' }),
    due_at: timestamp.nullable().meta({ description: 'When the order should leave its status; null once it is final' }),
    created_at: timestamp,
    updated_at: timestamp,
    items: z.array(orderItem),
  })
  .meta({ id: 'Order' });
export type Order = z.infer<typeof order>;
export type OrderItem = z.infer<typeof orderItem>;

/** What is for staff only, and so may be missing in an order, is missing in this one. */
type CustomerOrder = { [Name in keyof Order]: undefined extends Order[Name] ? undefined : Order[Name] };

/** An order as its customer may see it. It does not compile while an `.optional()` member is left in it. */
export const customerOrder = ({
  assigned_to: _to,
  assigned_name: _name,
  internal_note: _note,
  ...rest
}: Order): CustomerOrder => rest;
