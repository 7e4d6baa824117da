import { z } from 'zod';
import { currency, minorUnits, page, pageQuery, timestamp, uuid } from './lists.ts';

export const product = z
  .object({
    id: uuid,
    name: z.string(),
    description: z.string(),
    price: minorUnits,
    currency,
    stock: z.int().nonnegative(),
    version: z.int().positive(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Product' });
export type Product = z.infer<typeof product>;

export const productPage = page(product).meta({ id: 'ProductPage' });
export const productQuery = pageQuery;

/** Units that arrived (positive) or left by other ways than an order (negative). */
export const stockAdjustment = z
  .strictObject({
    change: z
      .int()
      .min(-100_000)
      .max(100_000)
      .refine((change) => change !== 0, 'must not be 0'),
  })
  .meta({ id: 'StockAdjustment', example: { change: 50 } });
