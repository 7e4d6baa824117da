import type { Product } from '@live-orders/contracts/domain/products.ts';
import { type StockMovement, stockMovement } from '@live-orders/contracts/rest/products.ts';
import { bigintColumn, columnsOf, timestampColumn } from '@live-orders/runtime/database/select.ts';
import { z } from 'zod';
import { namedValues } from '../database/insert.ts';

/** A `Product` of the contracts as table `products` has it: the one list that reads and writes are made from. */
export const productRow = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  price: bigintColumn,
  currency: z.string(),
  stock: z.number(),
  low_stock_threshold: z.number(),
  archived: z.boolean(),
  version: z.number(),
  created_at: timestampColumn,
  updated_at: timestampColumn,
} satisfies Record<keyof Product, z.ZodType>);

/** The columns of a `productRow`, for `products p`. */
export const productColumns = columnsOf(productRow, 'p');

/** For an INSERT INTO products, bound by a product and by `search`, its name as `searchText` writes it. */
export const productValues = namedValues([...Object.keys(productRow.shape), 'search']);

/** A `StockMovement` of the contracts as table `stock_movements` has it. */
export const movementRow = z.object({
  id: bigintColumn,
  change: z.number(),
  kind: stockMovement.shape.kind,
  order_id: z.string().nullable(),
  reason: z.string().nullable(),
  actor_name: z.string(),
  created_at: timestampColumn,
} satisfies Record<keyof StockMovement, z.ZodType>);

/** The columns of a `movementRow`, for `stock_movements m`. */
export const movementColumns = columnsOf(movementRow, 'm');
