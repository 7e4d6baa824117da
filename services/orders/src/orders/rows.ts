import type { Order, OrderItem } from '@live-orders/contracts/domain/orders.ts';
import type { OrderStatus } from '@live-orders/contracts/domain/order-status.ts';
import type { OrderStep } from '@live-orders/contracts/rest/orders.ts';

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

export const toOrder = (row: OrderRow): Order => ({
  ...row,
  total_amount: Number(row.total_amount),
  due_at: row.due_at?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});

export const toStep = (row: StepRow): OrderStep => ({ ...row, created_at: row.created_at.toISOString() });
