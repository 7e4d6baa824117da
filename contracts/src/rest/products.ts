import { z } from 'zod';
import { currency, flag, flagOff, givenText, timestamp, uuid } from '../domain/fields.ts';
import { page, pageQuery } from './paging.ts';
import { product } from '../domain/products.ts';

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
  q: givenText.min(1).max(100).optional().meta({ description: 'A part of the name, whatever accents are typed' }),
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
