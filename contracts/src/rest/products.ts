import { z } from 'zod';
import { currency, flag, flagOff, givenText, minorUnits, page, pageQuery, timestamp, uuid } from '../domain/fields.ts';

export const product = z
  .object({
    id: uuid,
    name: z.string().meta({ example: 'Enamel mug' }),
    description: z.string().meta({ example: 'For tea and for tents' }),
    price: minorUnits,
    currency,
    stock: z.int().nonnegative().meta({ example: 40 }),
    // Records of the time before these two are still on the topic and in the log: they get what was true then.
    low_stock_threshold: z
      .int()
      .nonnegative()
      .default(10)
      .meta({ description: 'At or below it the stock counts as low' }),
    archived: z.boolean().default(false).meta({ description: 'No longer sold; orders keep it' }),
    version: z.int().positive().meta({ example: 3 }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Product' });
export type Product = z.infer<typeof product>;

export const productPage = page(product).meta({ id: 'ProductPage' });

const name = givenText.min(1).max(200);
const description = givenText.max(2000);
const price = z.int().min(0).max(100_000_000);
const threshold = z.int().min(0).max(1_000_000);

export const productCreation = z
  .strictObject({
    name,
    description: description.default(''),
    price,
    currency: currency.default('USD'),
    stock: z.int().min(0).max(1_000_000).default(0),
    low_stock_threshold: threshold.default(10),
  })
  .meta({
    id: 'ProductCreation',
    example: { name: 'Enamel mug', price: 1290, currency: 'USD', stock: 40, low_stock_threshold: 10 },
  });
export type ProductCreation = z.infer<typeof productCreation>;

/** Stock is changed by orders and adjustments alone. */
export const productChange = z
  .strictObject({
    name: name.optional(),
    description: description.optional(),
    price: price.optional(),
    low_stock_threshold: threshold.optional(),
    archived: z.boolean().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'nothing to change')
  .meta({ id: 'ProductChange', example: { price: 1190 } });
export type ProductChange = z.infer<typeof productChange>;

export const productQuery = pageQuery.extend({
  q: givenText.min(1).max(100).optional().meta({ description: 'A part of the name' }),
  archived: flagOff.meta({ description: '`true`: only those that are no longer sold' }),
  low_stock: flag.optional().meta({ description: '`true`: stock at or below the product’s threshold' }),
  sort: z
    .enum(['created_at', '-created_at', 'name', '-name', 'price', '-price', 'stock', '-stock'])
    .default('-created_at'),
});
export type ProductQuery = z.infer<typeof productQuery>;

/** Units that arrived (positive) or left by other ways than an order (negative). */
export const stockAdjustment = z
  .strictObject({
    change: z
      .int()
      .min(-100_000)
      .max(100_000)
      .refine((change) => change !== 0, 'must not be 0'),
    reason: givenText.min(1).max(200).optional(),
  })
  .meta({ id: 'StockAdjustment', example: { change: 50, reason: 'delivery' } });
export type StockAdjustment = z.infer<typeof stockAdjustment>;

/** One change of a product's stock. `order_id` is null for an adjustment. */
export const stockMovement = z
  .object({
    id: z.int(),
    change: z.int(),
    kind: z.enum(['order', 'cancellation', 'adjustment']),
    order_id: uuid.nullable(),
    reason: z.string().nullable(),
    actor_name: z.string(),
    created_at: timestamp,
  })
  .meta({ id: 'StockMovement' });
export type StockMovement = z.infer<typeof stockMovement>;
export const stockMovementPage = page(stockMovement).meta({ id: 'StockMovementPage' });
