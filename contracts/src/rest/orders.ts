import { z } from 'zod';
import {
  currency,
  flag,
  givenText,
  givenTime,
  minorUnits,
  page,
  pageQuery,
  timestamp,
  uuid,
  wholeNumber,
} from '../domain/fields.ts';
import type { Role } from './users.ts';

export const orderStatuses = ['pending', 'confirmed', 'preparing', 'shipped', 'delivered', 'cancelled'] as const;
export const orderStatus = z.enum(orderStatuses);
export type OrderStatus = z.infer<typeof orderStatus>;

interface Step {
  from: OrderStatus;
  to: OrderStatus;
  /** Who may take the step; a customer only with an own order. */
  by: readonly Role[];
}

const team: readonly Role[] = ['staff', 'admin'];

/** Every step that there is, and who may take it; the service, the dashboard and the docs read this table. */
export const steps: readonly Step[] = [
  { from: 'pending', to: 'confirmed', by: team },
  { from: 'pending', to: 'cancelled', by: ['customer', ...team] },
  { from: 'confirmed', to: 'preparing', by: team },
  { from: 'confirmed', to: 'cancelled', by: team },
  { from: 'preparing', to: 'shipped', by: team },
  { from: 'preparing', to: 'cancelled', by: team },
  { from: 'shipped', to: 'delivered', by: team },
];

/** The statuses that this role may move an order to. */
export const movesOf = (role: Role, from: OrderStatus): OrderStatus[] =>
  steps.filter((step) => step.from === from && step.by.includes(role)).map(({ to }) => to);

/** The statuses that an order may move to from each status, whoever moves it. */
export const transitions: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pending: movesOf('admin', 'pending'),
  confirmed: movesOf('admin', 'confirmed'),
  preparing: movesOf('admin', 'preparing'),
  shipped: movesOf('admin', 'shipped'),
  delivered: [],
  cancelled: [],
};

/** A status that nothing follows. */
export const isFinal = (status: OrderStatus): boolean => transitions[status].length === 0;

export const orderItem = z
  .object({
    id: uuid,
    product_id: uuid,
    name: z.string().meta({ description: 'The product’s name when it was ordered', example: 'Enamel mug' }),
    quantity: z.int().positive().meta({ example: 2 }),
    price: minorUnits.meta({ description: 'Price of one unit when it was ordered, in minor units' }),
  })
  .meta({ id: 'OrderItem' });

/** An order, whole: this shape is on REST, on Kafka, on Redis and on the socket alike. */
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

/** An order as its customer may see it. */
export const customerOrder = ({
  assigned_to: _to,
  assigned_name: _name,
  internal_note: _note,
  ...rest
}: Order): Order => rest;

/** Whether the order should have left its status by `now` (ms since the epoch). */
export const isLate = ({ due_at }: { due_at: string | null }, now: number): boolean =>
  due_at !== null && Date.parse(due_at) < now;

export const orderPage = page(order)
  .extend({ total: z.int().optional().meta({ description: 'How many there are, when `count=true` asked' }) })
  .meta({ id: 'OrderPage' });

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
    note: givenText.max(500).optional(),
  })
  .meta({
    id: 'OrderCreation',
    example: { items: [{ product_id: '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10', quantity: 2 }], note: 'Ring twice' },
  });
export type OrderCreation = z.infer<typeof orderCreation>;

const reason = givenText.min(1).max(200);

export const statusChange = z
  .strictObject({ status: orderStatus, reason: reason.optional() })
  .meta({ id: 'StatusChange', example: { status: 'confirmed' } });
export type StatusChange = z.infer<typeof statusChange>;

/** Assigning takes the id and the name of a member of the team; null takes the assignment or the note away. */
export const orderChange = z
  .strictObject({
    assignee: z
      .strictObject({ id: uuid, name: givenText.min(1).max(100) })
      .nullable()
      .optional(),
    internal_note: givenText.min(1).max(1000).nullable().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'nothing to change')
  .meta({ id: 'OrderChange', example: { internal_note: 'Second parcel follows on Monday' } });
export type OrderChange = z.infer<typeof orderChange>;

export const bulkStatusChange = z
  .strictObject({
    orders: z
      .array(z.strictObject({ id: uuid, version: z.int().positive().optional() }))
      .min(1)
      .max(200)
      .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'must not name the same order twice'),
    status: orderStatus,
    reason: reason.optional(),
  })
  .meta({
    id: 'BulkStatusChange',
    example: { orders: [{ id: '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10', version: 1 }], status: 'confirmed' },
  });
export type BulkStatusChange = z.infer<typeof bulkStatusChange>;

/** What became of each order, in the order of the request. Some may move while others do not. */
export const bulkResults = z
  .object({
    moved: z.int().nonnegative(),
    results: z.array(
      z.discriminatedUnion('outcome', [
        z.object({ id: uuid, outcome: z.literal('moved'), order }),
        z.object({ id: uuid, outcome: z.literal('conflict'), order }),
        z.object({ id: uuid, outcome: z.literal('invalid'), order, allowed: z.array(orderStatus) }),
        z.object({ id: uuid, outcome: z.literal('not_found') }),
      ]),
    ),
  })
  .meta({ id: 'BulkResults' });
export type BulkResults = z.infer<typeof bulkResults>;

export const orderSorts = ['created_at', 'updated_at', 'total_amount', 'due_at'] as const;
export type OrderSort = (typeof orderSorts)[number];

const amount = wholeNumber(0, Number.MAX_SAFE_INTEGER);

/** Filters of the list, the count and the export; several of them must all hold. */
const orderFilters = {
  status: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(orderStatus).max(orderStatuses.length))
    .optional()
    .meta({
      description: `One or several of ${orderStatuses.join(', ')}, separated by commas`,
      example: 'pending,confirmed',
    }),
  customer_id: uuid.optional(),
  assigned_to: z
    .union([uuid, z.literal('none')])
    .optional()
    .meta({ description: 'A user’s id, or `none`; staff only' }),
  created_from: givenTime.optional().meta({ description: 'At this time or later' }),
  created_to: givenTime.optional().meta({ description: 'Before this time' }),
  min_total: amount.optional().meta({ description: 'In minor units' }),
  max_total: amount.optional().meta({ description: 'In minor units' }),
  late: flag.optional().meta({ description: '`true`: should have left its status by now' }),
  q: givenText.min(1).max(100).optional().meta({
    description:
      'Order number, or a part of the customer’s or a product’s name; with fewer than three letters, where a word begins',
  }),
};
export const orderFilter = z.strictObject(orderFilters);
export type OrderFilter = z.infer<typeof orderFilter>;

const sorts = orderSorts.flatMap((name) => [name, `-${name}`] as const);

/** `sort` is a field, with `-` before it for descending. By `due_at` only orders that have one are listed. */
export const orderQuery = pageQuery.extend({
  ...orderFilters,
  sort: z
    .enum(sorts)
    .default('-created_at')
    .meta({ description: 'By `due_at` only orders that have one are listed and counted: those that still move' }),
  count: flag.optional().meta({ description: '`true`: also count all orders that fit; it costs time' }),
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
