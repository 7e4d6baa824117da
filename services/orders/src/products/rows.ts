import type { Product } from '@live-orders/contracts/domain/products.ts';

/** Rows as pg gives them: BIGINT is text, timestamps are dates. Amounts stay far below 2^53. */
export interface ProductRow {
  id: string;
  name: string;
  description: string;
  price: string;
  currency: string;
  stock: number;
  low_stock_threshold: number;
  archived: boolean;
  version: number;
  created_at: Date;
  updated_at: Date;
}

/** The columns of a `ProductRow`, for `products p`. */
export const productColumns = `p.id, p.name, p.description, p.price, p.currency, p.stock, p.low_stock_threshold, p.archived,
  p.version, p.created_at, p.updated_at`;

export const toProduct = (row: ProductRow): Product => ({
  ...row,
  price: Number(row.price),
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});
