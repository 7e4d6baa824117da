import type { Order, OrderItem, OrderStatus, OrderStep } from '@live-orders/contracts/rest/orders.ts';
import type { Product } from '@live-orders/contracts/rest/products.ts';

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

export interface OrderRow {
  id: string;
  number: number;
  customer_id: string;
  customer_name: string;
  status: OrderStatus;
  total_amount: string;
  currency: string;
  note: string | null;
  version: number;
  assigned_to: string | null;
  assigned_name: string | null;
  internal_note: string | null;
  due_at: Date | null;
  created_at: Date;
  updated_at: Date;
  items: OrderItem[];
}

export interface StepRow extends Omit<OrderStep, 'created_at'> {
  created_at: Date;
}

/** The columns of an `OrderRow`, for `orders o`; items in the order in which they were asked for. */
export const orderColumns = `o.id, o.number, o.customer_id, o.customer_name, o.status, o.total_amount, o.currency, o.note,
  o.version, o.assigned_to, o.assigned_name, o.internal_note, o.due_at, o.created_at, o.updated_at,
  (SELECT json_agg(json_build_object('id', i.id, 'product_id', i.product_id, 'name', i.name, 'quantity', i.quantity,
     'price', i.price) ORDER BY i.id) FROM order_items i WHERE i.order_id = o.id) AS items`;

/** The columns of a `ProductRow`, for `products p`. */
export const productColumns = `p.id, p.name, p.description, p.price, p.currency, p.stock, p.low_stock_threshold, p.archived,
  p.version, p.created_at, p.updated_at`;

export const toProduct = (row: ProductRow): Product => ({
  ...row,
  price: Number(row.price),
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

export const toOrder = (row: OrderRow): Order => ({
  ...row,
  total_amount: Number(row.total_amount),
  due_at: row.due_at?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

export const toStep = (row: StepRow): OrderStep => ({ ...row, created_at: row.created_at.toISOString() });
