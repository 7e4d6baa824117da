import { z } from 'zod';
import { currency, minorUnits, timestamp, uuid } from './fields.ts';

export const product = z
  .object({
    id: uuid,
    name: z.string().meta({ example: 'Enamel mug' }),
    description: z.string().meta({ example: 'For tea and for tents' }),
    price: minorUnits,
    currency,
    stock: z.int().nonnegative().meta({ example: 40 }),
    // Records from before these two fields existed are still on the topic and in the log; the defaults are what held then.
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
