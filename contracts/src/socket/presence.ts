import { z } from 'zod';
import { uuid } from '../domain/fields.ts';

/** What somebody does with an order: looks at it, or is taking a step of it. */
const doing = z.enum(['viewing', 'moving']);
export type Doing = z.infer<typeof doing>;

const person = z.object({ id: uuid, name: z.string(), doing });
export type Person = z.infer<typeof person>;

/** Everybody who is at an order now, each person once; nobody when all have left. */
const presentOrder = z.object({ order_id: uuid, people: z.array(person) });
export type PresentOrder = z.infer<typeof presentOrder>;

/** Orders in one message at most. Presence is a courtesy: where more are looked at, some are not told. */
export const mostPresentOrders = 500;
export const presentOrders = z.array(presentOrder).max(mostPresentOrders);

export const look = z.object({
  event: z.literal('look'),
  order_id: uuid.nullable().meta({ description: 'null: at no order any more' }),
  doing: doing.default('viewing'),
});
export type Look = z.infer<typeof look>;

export const presence = z.object({
  event: z.literal('presence'),
  seq: z.int(),
  data: z.object({ orders: presentOrders }),
});
