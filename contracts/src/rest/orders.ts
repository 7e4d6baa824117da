import { z } from 'zod';
import { flag, givenText, givenTime, minorUnits, timestamp, uuid, wholeNumber } from '../domain/fields.ts';
import { page, pageQuery } from './paging.ts';
import { order } from '../domain/orders.ts';
import { orderStatus, orderStatuses } from '../domain/order-status.ts';

/** Units of one product in one order. */
export const mostOfOneProduct = 1000;

export const orderPage = page(order)
  .extend({ total: z.int().optional().meta({ description: 'How many there are, when `count=true` asked' }) })
  .meta({ id: 'OrderPage' });

const wantedItem = z.strictObject({
  product_id: uuid,
  quantity: z.int().min(1).max(mostOfOneProduct),
  expected_price: minorUnits.optional().meta({
    description:
      'The price of one unit that the buyer was shown, in minor units. The order is refused with `price_changed` where it is another one by now',
    example: 1290,
  }),
});

/** Lines that name the same product are refused, so that stock is taken once per product. */
export const orderCreation = z
  .strictObject({
    items: z
      .array(wantedItem)
      .min(1)
      .max(100)
      .refine((items) => new Set(items.map((item) => item.product_id)).size === items.length, {
        message: 'must not name the same product twice',
      }),
    note: givenText.max(500).optional(),
  })
  .meta({
    id: 'OrderCreation',
    example: {
      items: [{ product_id: '01920f3c-7c1e-7d2a-8a54-3f3c5b1e9a10', quantity: 2, expected_price: 1290 }],
      note: 'Ring twice',
    },
  });
export type OrderCreation = z.infer<typeof orderCreation>;

const reason = givenText.min(1).max(200);

export const statusChange = z
  .strictObject({ status: orderStatus, reason: reason.optional() })
  .meta({ id: 'StatusChange', example: { status: 'confirmed' } });
export type StatusChange = z.infer<typeof statusChange>;

/** Takes an order's last move back. */
export const moveUndo = z
  .strictObject({
    reason: reason.optional().meta({ description: 'Needed from an administrator who comes later than the team may' }),
  })
  .meta({ id: 'MoveUndo', example: { reason: 'Pressed by mistake' } });
export type MoveUndo = z.infer<typeof moveUndo>;

/** Assigning takes the id of a member of the team; null takes the assignment or the note away. */
export const orderChange = z
  .strictObject({
    assignee: z
      .strictObject({
        id: uuid,
        name: givenText.max(100).optional().meta({ description: 'Ignored: the name is the one of the account' }),
      })
      .nullable()
      .optional(),
    internal_note: givenText.min(1).max(1000).nullable().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'nothing to change')
  .meta({ id: 'OrderChange', example: { internal_note: 'Second parcel follows on Monday' } });
export type OrderChange = z.infer<typeof orderChange>;

/** As many orders as one call names. */
export const mostNamed = 200;

export const bulkStatusChange = z
  .strictObject({
    orders: z
      .array(z.strictObject({ id: uuid, version: z.int().positive().optional() }))
      .min(1)
      .max(mostNamed)
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

const amount = wholeNumber(0, Number.MAX_SAFE_INTEGER);

/** An order's number as a caller gives it: the database counts them as 32-bit integers. */
export const givenNumber = wholeNumber(1, 2_147_483_647);

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
  ids: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(uuid).max(mostNamed))
    .optional()
    .meta({ description: `Only these, up to ${mostNamed} ids separated by commas; what is not there is left out` }),
  number: givenNumber.optional().meta({ description: 'Exactly this number: one order, or none' }),
  customer_id: uuid.optional(),
  assigned_to: z
    .union([uuid, z.literal('none')], 'must be a user’s id, or none')
    .optional()
    .meta({ description: 'A user’s id, or `none`; staff only' }),
  created_from: givenTime.optional().meta({ description: 'At this time or later' }),
  created_to: givenTime.optional().meta({ description: 'Before this time' }),
  min_total: amount.optional().meta({ description: 'In minor units' }),
  max_total: amount.optional().meta({ description: 'In minor units' }),
  late: flag.optional().meta({ description: '`true`: should have left its status by now' }),
  q: givenText.min(1).max(100).optional().meta({
    description:
      'Words that are all found in the names of customer and products or in the note, or are the order number, whatever accents are typed; with fewer than three letters, where a word begins',
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
const orderStep = z
  .object({
    version: z.int().positive(),
    from: orderStatus.nullable(),
    to: orderStatus,
    reason: z.string().nullable(),
    takes_back: z
      .int()
      .positive()
      .nullable()
      .meta({ description: 'The version of the step that this one took back; null for all others' }),
    actor_name: z.string().nullable().meta({ description: 'Not told to customers' }),
    created_at: timestamp,
  })
  .meta({ id: 'OrderStep' });
export type OrderStep = z.infer<typeof orderStep>;
export const orderHistory = z.object({ data: z.array(orderStep) }).meta({ id: 'OrderHistory' });
