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
